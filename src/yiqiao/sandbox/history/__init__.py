"""The year that lies behind a sandbox's hospitals, filed in the background a day at a time.

What a day holds depends on the hospital and the day alone, so that it is the same from every start.
"""
