"""Certificate store."""

from recipe import Recipe, simple, spaced


def imported(world):
    return {"body": world.material() | {"duplicate_check": False, "enterprise_project_id": "0"}}


def listed(world):
    getattr(world, "stored_id")
    return {"limit": 10, "offset": 0, "sort_key": "certExpiredTime", "sort_dir": "DESC",
            "status": "UPLOAD", "enterprise_project_id": "0", "deploy_support": False,
            "owned_by_self": True, "expired_days_since": 0, "content": "store"}


RECIPES = {
    "import_certificate": Recipe(
        {"full": imported, "pair": lambda world: {"body": world.pair()}},
        makers={f"body.{field}": spaced for field in (
            "certificate", "certificate_chain", "private_key", "enc_certificate",
            "enc_private_key")}),
    "list_certificates": simple(listed),
    "show_certificate": Recipe(
        {"one": lambda world: {"certificate_id": world.stored_id},
         "pair": lambda world: {"certificate_id": world.stored_pair_id}}),
    "export_certificate": Recipe(
        {"one": lambda world: {"certificate_id": world.stored_id},
         "pair": lambda world: {"certificate_id": world.stored_pair_id}}),
    "delete_certificate": simple(lambda world: {"certificate_id": world.stored()}),
}
