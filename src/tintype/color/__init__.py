"""Color itself: Lab and other spaces, bins and their decoding."""
