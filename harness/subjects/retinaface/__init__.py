from pathlib import Path

# Sources of the Decode plugin: beside a model for the probe, and in the images that compile it beforehand.
PLUGIN = Path(__file__).parent / "plugin"
