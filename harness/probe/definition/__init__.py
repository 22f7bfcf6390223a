"""Networks built layer by layer through the network-definition API, from a description that is data."""
