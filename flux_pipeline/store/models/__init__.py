"""The schema as typed models, one module a subject. `registry` has them all on one MetaData."""
