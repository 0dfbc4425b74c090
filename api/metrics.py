"""Figures for a monitor, in Prometheus' own text: what was asked and how long it took, what waits, what is late. No name, no address."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Connection, func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.around import Around
from cases.clock import Clock
from cases.tables.memory import deadline
from cases.tables.webhooks import webhook
from notifications.clock import worker_is_alive
from notifications.tables import message, suppression


class Figures:
    """The figures of one process; those of the database are read when they are asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("qp_requests", "Requests answered.", labels, registry=self._registry)
        self.seconds = Histogram(
            "qp_request_seconds", "Time to answer, in seconds.", ("route",), registry=self._registry
        )
        self._waiting = self._gauge("qp_messages_waiting", "Messages that wait to leave.")
        self._failed = self._gauge("qp_messages_failed", "Messages that could not leave.")
        self._lateness = self._gauge(
            "qp_messages_late_seconds", "How long the oldest message that could leave has waited."
        )
        self._given_up = self._gauge("qp_addresses_refused", "Addresses to which nothing is sent any more.")
        self._late = self._gauge("qp_deadlines_late", "Deadlines that are past and not met.")
        self._stopped = self._gauge("qp_webhooks_stopped", "Webhooks that were stopped because they answer no more.")
        self._worker = self._gauge("qp_worker_alive", "Whether a worker was heard of lately.")

    def read(self, db: Connection, clock: Clock) -> None:
        """Read the figures of the database."""
        by_status = select(message.c.status, func.count()).group_by(message.c.status)
        counts = {status: number for status, number in db.execute(by_status)}
        late = (deadline.c.status == "open", deadline.c.due_at < clock.now())
        oldest = select(func.min(message.c.send_at)).where(message.c.status.in_(("waiting", "leased")))
        first = db.execute(oldest).scalar()
        self._waiting.set(counts.get("waiting", 0) + counts.get("leased", 0))
        self._lateness.set(max(0.0, (clock.now() - first).total_seconds()) if first else 0)
        self._given_up.set(db.execute(select(func.count()).select_from(suppression)).scalar_one())
        self._failed.set(counts.get("dead", 0))
        self._late.set(db.execute(select(func.count()).select_from(deadline).where(*late)).scalar_one())
        stopped = select(func.count()).select_from(webhook).where(webhook.c.disabled_at.is_not(None))
        self._stopped.set(db.execute(stopped).scalar_one())
        self._worker.set(worker_is_alive(db, clock))

    def text(self) -> bytes:
        """All of them, as a monitor reads them."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(name, words, registry=self._registry)


class Measured(Around):
    """Counts each request under its route, never under its address: an address may hold a link's secret."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        super().__init__(app)
        self.figures = figures

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began, status = perf_counter(), 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.figures.requests.labels(scope["method"], route, status).inc()
            self.figures.seconds.labels(route).observe(perf_counter() - began)
