"""Cuánto cuesta entrenar y usar un modelo: tiempo, memoria, disco y energía."""
