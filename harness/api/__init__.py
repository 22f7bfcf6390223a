"""The API lane: what each release's API still has, and what of it a user's code needs."""
