"""Follow the steps of ``fit`` on JAX, where the state of a model travels through the steps and its variables are empty."""

from __future__ import annotations

from typing import Any

from kfx.keras_access.train_function import RUN_OWN, FollowedTraining

_PARTS = ("trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables")


class JaxFollowedTraining(FollowedTraining):
    """Takes and returns the state with each step; `settle` puts it into the model's variables while something reads them."""

    _state: Any = None
    _settled = False

    def __call__(self, *given: Any) -> Any:
        state, iterator = given
        if self.fresh or self._inbox.waiting or getattr(self._model, "history", None) is not self.seen:
            self._state, self._settled = state, False
            instead = self._before()
            state = self._released()
            if instead is RUN_OWN:
                return self.own(state, iterator)
            if instead is not None:
                return instead, state
        self.last, self._state = self._execute((state, iterator))
        self._settled = False
        self._count(self.last)
        return self.last, self._released()

    def settle(self) -> bool:
        """Put the newest state into the model's variables; return False between two steps, where nobody has it."""
        if self._state is not None and not self._settled:
            model = self._model
            model._jax_state = dict(zip(_PARTS, self._state, strict=True))
            model._jax_state_synced = False
            model.jax_state_sync()
            self._settled = True
        return self._settled or getattr(self._model, "_jax_state_synced", True)

    def _released(self) -> Any:
        """Return the state for Keras; read again where it was put into the variables, which may have changed."""
        state, self._state = self._state, None
        if self._settled:
            self._settled = False
            model = self._model
            state = model._get_jax_state(**dict.fromkeys(_PARTS, True), purge_model_variables=True)
            model._jax_state_synced = False
        return state
