"""The command `flux`, one module for each subject. Commands parse options and print; other packages do the work."""
