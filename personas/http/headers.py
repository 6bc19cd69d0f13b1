"""Security headers: what browsers and caches may do with a response."""

from flask import Flask, Response

from personas.config.settings import Settings

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    # not no-referrer, with which browsers send `Origin: null` from our own forms
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
ONE_YEAR = "max-age=31536000"


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers on every response; a header that a view has set is kept."""
    headers = dict(HEADERS)
    if settings.is_production and settings.url.startswith("https://"):
        headers["Strict-Transport-Security"] = ONE_YEAR

    @app.after_request
    def set_security_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response
