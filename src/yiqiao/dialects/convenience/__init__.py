"""江苏省常熟市集约式便民服务平台接口: a region's platform and its hospitals' services.

Chapters: 2 (报文与安全), 3.1 (医院系统提供给平台的接口, 47 functions), 4 (返回码与码表), 5 (签名).
The standard itself is data: spec.yaml, parts/, profiles/ beside this file.
"""
