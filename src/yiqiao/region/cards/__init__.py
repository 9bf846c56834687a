"""Health cards: issuing them, showing them as codes, verifying and closing them (电子健康卡平台对接技术标准)."""
