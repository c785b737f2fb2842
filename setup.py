"""Lo que pyproject.toml no sabe decir: los data-files viajan también en una instalación editable.

setuptools los instala entonces si la distribución dice que tiene datos con un método
``has_data``, y la suya solo trae ``has_data_files``.
"""

from setuptools import Distribution, setup


class WithData(Distribution):
    """Una distribución que dice si tiene datos con los dos nombres."""

    has_data = Distribution.has_data_files


if __name__ == "__main__":
    setup(distclass=WithData)
