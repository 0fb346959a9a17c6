"""The companion: tools around the stages, which never import it."""
