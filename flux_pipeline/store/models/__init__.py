"""The schema as typed models, one module for each subject. `registry` collects them on one MetaData."""
