"""The rim: storage, ingestion, export and offline audit around the model."""
