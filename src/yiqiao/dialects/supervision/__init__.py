"""互联网医疗服务监管平台接口规范 V1.1.8: internet hospitals on one side, the supervision platform on the other.

Chapters: 1.3 接口规则, 1.4 参数定义, 2 接口定义 (A0000 to A2010; what the preview lacks is reconstructed as a profile).
The standard itself is data: spec.yaml, parts/, return_codes.yaml, profiles/ beside this file.
"""
