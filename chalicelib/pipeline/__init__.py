"""What happens to an asset, a stage a file, in the order in which it happens.

register → accept → begin → renditions, speech → transcript → language → finish; and sweep, for what got stuck.
"""
