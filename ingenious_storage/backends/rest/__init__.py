"""Stores with an HTTP API: what their backends share between the driver boundary and `http`."""
