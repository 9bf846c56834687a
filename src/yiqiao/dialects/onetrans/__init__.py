"""统一动态库 OneTrans2.dll"""
