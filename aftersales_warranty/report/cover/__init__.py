from . import aftersales_warranty_certificate
