"""The verbs a user calls: each joins facts, pictures and clicks in a few lines."""
