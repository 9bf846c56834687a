"""Yiqiao 医桥: one hub that speaks five interface standards between hospitals and regional health platforms."""

__version__ = "0.1.0"
