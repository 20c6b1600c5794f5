"""What only AWS has: the manifests of its two generations of reports."""
