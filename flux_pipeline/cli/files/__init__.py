"""Commands about files: upload, preview, template, the log of uploads."""
