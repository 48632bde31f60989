"""The recipes, by service and by the SDK's name of the operation."""

from recipes import bss, ccm, databases, eps, iam, scm, sms, teams

RECIPES = {
    "ccm": ccm.RECIPES,
    "scm": scm.RECIPES,
    "dcs": databases.DCS,
    "dds": databases.DDS,
    "sms": sms.RECIPES,
    "iam": iam.RECIPES | teams.RECIPES,
    "eps": eps.RECIPES,
    "bss": bss.RECIPES,
}
