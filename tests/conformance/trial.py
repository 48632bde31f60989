"""The trial of one operation: calls, what they were made of, and what they changed."""

import re

import cases

# The code of a value that is not allowed, or not there, by service.
CODES = {
    "ccm": r"PCA\.\d{8}", "scm": r"SCM\.\d{4}", "dcs": r"DCS\.\d{4}", "dds": r"DBS\.\d{6}",
    "sms": r"SMS\.\d{4}", "iam": r"IAM\.\d{4}", "eps": r"EPS\.\d{4}",
    "bss": r"CBC\.\d+",
}


class Trial:
    """Calls of one operation.

    What they need is made when it is first wanted, and anew after a call that was accepted: a refused
    one leaves it as it was.
    """

    def __init__(self, world, operation, recipe):
        self.world, self.operation, self.recipe = world, operation, recipe
        self._made = {}
        self._stored = None

    def sent(self, path=None):
        """Valid parameters, with this field in them if a state has it: of the light one rather."""
        light = [self.recipe.light] if self.recipe.light and path else []
        for make in [*light, *self.recipe.states.values()]:
            sent = self._sent_by(make)
            if path is None or cases.get(sent, path) is not None:
                return sent
        return self._sent_by(self.recipe.base)

    def _sent_by(self, make):
        if make not in self._made:
            self._made[make] = make(self.world)
        return self._made[make]

    def call(self, sent):
        """One call; what it made is undone, where it can be."""
        answer = self.world.call(self.operation, sent)
        if answer.accepted:
            self._made.clear()
            self._stored = None
            if self.recipe.undo:
                self.recipe.undo(self.world, answer.document)
        return answer

    def watch(self, sent):
        """Remembers what must not change from now on."""
        if self._stored is None:
            self._stored = self._stored_now(sent)

    def changed(self, sent):
        """Whether something was stored since."""
        return self._stored is not None and self._stored != self._stored_now(sent)

    def _stored_now(self, sent):
        own = self.recipe.witness(self.world, sent) if self.recipe.witness else None
        return self.world.totals(self.operation.service), own

    def varied(self, path, value, holds=lambda value: value):
        """What is sent with one field changed, and what must change along with it."""
        sent = cases.replaced(self.sent(path), path, holds(value))
        word = str(value).lower() if isinstance(value, bool) else value
        changes = self.recipe.along.get(f"{path.removesuffix('[]')}={word}", {})
        for path, other in changes.items():
            sent = cases.replaced(sent, path, other(self.world) if callable(other) else other)
        return sent

    def refused(self, answer, path, refusal=None):
        """Whether it is a refusal of this field: status, code, and the field's name."""
        status, code = 400, CODES[self.operation.service]
        if refusal:
            status, code = refusal["status"], re.escape(refusal["code"])
        return (answer.status == status and re.fullmatch(code, answer.code) is not None
                and answer.blames(cases.leaf(path)))
