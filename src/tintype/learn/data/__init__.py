"""Photographs for training: read from shards, kept or streamed, cut and turned into batches."""
