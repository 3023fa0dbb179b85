{
    "name": "After-Sales Service",
    "summary": "Service orders from the call to the paid, archived voucher",
    "version": "19.0.1.0.0",
    "category": "Services/After-Sales",
    "website": "https://github.com/aftersales-odoo/aftersales",
    "author": "After-Sales for Odoo",
    "maintainers": [],
    "license": "LGPL-3",
    "application": True,
    "depends": [
        "account",
        "barcodes",
        "phone_validation",
        "portal",
        "purchase_stock",
        "repair",
        "resource",
        "stock_account",
    ],
    "data": [
        # Groups first: everything below names them.
        "security/aftersales_service_groups.xml",
        "security/ir.model.access.csv",
        "security/aftersales_order_security.xml",
        "security/aftersales_approval_security.xml",
        "security/aftersales_visit_security.xml",
        "data/ir_sequence_data.xml",
        "data/aftersales_discount_limit_data.xml",
        # Menu roots before the views that hang their menus below them.
        "views/aftersales_menus.xml",
        "wizards/aftersales_reason_views.xml",
        "views/aftersales_order_views.xml",
        "views/aftersales_approval_views.xml",
        "views/aftersales_discount_limit_views.xml",
        "views/aftersales_visit_views.xml",
        "views/aftersales_worklog_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "demo": [],
    "assets": {
        "web.assets_backend": [
            "aftersales_service/static/src/**/*",
        ],
        "web.assets_tests": [
            "aftersales_service/static/tests/tours/**/*",
        ],
    },
}
