"""The Grafana dashboard and what writes it; of the checkout, not of the installed package."""
