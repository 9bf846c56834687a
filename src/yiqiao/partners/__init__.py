"""Who may call and who may sign in: partners with keys, terminals and permissions; operators with roles."""

from yiqiao.partners import admission
from yiqiao.partners.directory import Directory
from yiqiao.partners.partner import Partner, PartnerFile, State, Terminal

__all__ = ["Directory", "Partner", "PartnerFile", "State", "Terminal", "admission"]
