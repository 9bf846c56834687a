"""Attachments kept in a folder or in any place that fsspec knows (object stores, WebDAV, SFTP …)."""

from yiqiao.adapters.attachment_store.objects import StoreUnknown
from yiqiao.adapters.attachment_store.store import SealedStore, open_attachment_store

__all__ = ["SealedStore", "StoreUnknown", "open_attachment_store"]
