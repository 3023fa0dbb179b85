from . import aftersales_paper_mixin
