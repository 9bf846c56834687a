"""Code tables of the standard (3.1.1, 3.1.3.1, 4.2) whose codes a hospital's own data carry as they are.

A code outside its table cannot be told to anybody: one row with such a code would keep the whole list from being
answered. So whoever brings rows in, or reads them from elsewhere, holds them to these tables.

Tables that end in `_ELSEWHERE` hold what other regions have beside the standard: an order from there keeps such a code,
also in the hospital's own system, and the standard's specification says as which of its codes it is told (`told_as`).
"""

from collections.abc import Mapping

Codes = Mapping[str, str]

HOSPITAL_LEVELS: Codes = {
    "0": "其他",
    "1": "一级",
    "2": "二级",
    "3": "三级",
    "4": "特级",
    "5": "三甲",
    "6": "三乙",
    "7": "三丙",
    "8": "二甲",
    "9": "二乙",
    "10": "二丙",
    "11": "一甲",
    "12": "一乙",
    "13": "一丙",
}
HOSPITAL_BELONGS: Codes = {"1": "部直属医院", "2": "省直属医院", "3": "市直属医院", "4": "部队医院"}
HOSPITAL_TYPES: Codes = {"1": "综合性医院", "2": "专科医院"}
HOSPITAL_CATEGORIES: Codes = {"1": "公立", "2": "私立"}
DEPARTMENT_KINDS: Codes = {
    "1": "普通挂号科室",
    "2": "专病专科",
    "3": "专家科室",
    "4": "急诊",
    "5": "住院科室",
    "6": "病区科室",
    "10": "检验",
    "11": "检查",
    "20": "其他",
}
DEPARTMENT_LEVELS: Codes = {"0": "无", "1": "一级", "2": "二级", "3": "三级"}
DEPARTMENT_OFFERS: Codes = {"1": "预约", "2": "挂号"}
EDUCATIONS: Codes = {
    name: name for name in ("研究生", "大学本科", "大学专科及专科学校", "中专及中技", "技工学校", "高中", "初中及以下")
}
JOB_TITLES: Codes = {
    "23": "卫生技术人员（医疗）",
    "231": "主任医师",
    "232": "副主任医师",
    "233": "主治医师",
    "234": "医师",
    "235": "医士",
    "24": "卫生技术人员（药剂）",
    "241": "主任药师",
    "242": "副主任药师",
    "243": "主管药师",
    "244": "药师",
    "245": "药士",
    "25": "卫生技术人员（护理）",
    "251": "主任护师",
    "252": "副主任护师",
    "253": "主管护师",
    "254": "护师",
    "255": "护士",
    "26": "卫生技术人员（技师）",
    "261": "主任技师",
    "262": "副主任技师",
    "263": "主管技师",
    "264": "技师",
    "265": "技士",
    "999": "其他",
}
REGISTRATION_LEVELS: Codes = {
    "1": "普通",
    "2": "专家",
    "3": "急诊",
    "4": "专病门诊",
    "5": "特需门诊",
    "6": "膏方",
    "7": "挂号到科室",
}
CERTIFICATES: Codes = {
    "1": "身份证",
    "2": "港澳居民来往内地通行证",
    "3": "台湾居民来往大陆通行证",
    "5": "护照",
    "6": "军官证",
    "7": "出生证",
    "99": "其他",
}
CERTIFICATES_ELSEWHERE: Codes = {"8": "驾驶证", "9": "残疾证", "10": "医保卡", "11": "市民卡"}
CARDS: Codes = {
    "1": "健康卡",
    "2": "市民卡",
    "3": "社保卡",
    "4": "银行卡",
    "5": "公费医疗证",
    "6": "农合证",
    "7": "院内诊疗卡",
    "8": "就诊卡",
    "9": "院内用户 ID",
    "10": "门诊号",
    "11": "住院号",
    "12": "条形码",
    "99": "其他卡",
}
CARD_STATES: Codes = {"0": "正常", "1": "已挂失", "2": "已注销"}
CHANNELS: Codes = {
    "1": "微信公众号",
    "2": "支付宝窗口",
    "3": "手机 APP",
    "4": "网站",
    "6": "医院窗口",
    "7": "自助终端",
}
CHANNELS_ELSEWHERE: Codes = {"97": "系统", "98": "其他"}
VIAS: Codes = {name: name for name in ("网站", "窗口", "电话", "APP", "微信", "诊间", "社区转诊", "自助机", "电视")}
"""预约来源: told in words."""
PAY_CHANNELS: Codes = {
    "1": "微信支付",
    "2": "支付宝支付",
    "3": "银联支付",
    "4": "医院窗口",
    "5": "支付宝 WAP 支付",
    "6": "支付宝 WEB支付",
    "7": "微信扫码支付",
    "11": "代收",
    "12": "医院预缴金支付",
}
PAY_CHANNELS_ELSEWHERE: Codes = {"21": "银联支付（第二种）", "22": "银联支付（第三种）"}
PAY_SIDES: Codes = {"1": "平台", "2": "院内"}
INSURANCES: Codes = {
    "0": "自费",
    "1": "市民卡",
    "3": "吴江医保",
    "4": "异地医保",
    "5": "昆山医保",
    "6": "常熟医保",
    "7": "太仓医保",
    "8": "张家港医保",
}
FEE_CLASSES: Codes = {"1": "自费", "2": "市医保", "3": "居民医保", "4": "其他"}
