"""Ways in which money comes and goes back: WeChat Pay, Alipay, the insurance voucher, and what a desk takes itself."""
