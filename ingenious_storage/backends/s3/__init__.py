"""S3: buckets of AWS, and of services that speak its API."""
