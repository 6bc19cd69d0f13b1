"""Requests and answers: strict JSON, bodies, fields, problem documents."""
