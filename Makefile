# Cada objetivo busca un Python 3.11 o posterior y se lo deja todo a tools/bootstrap.py, que
# crea .venv e instala solo lo que haga falta. Sin make: py tools\bootstrap.py lab
#   make lab ARGS="02 -p epochs 1"     pasa argumentos a la tarea
#   make lab ARGS=todo              las nueve lecciones, también la segunda parte
#   make lab PYTHON=/ruta/a/python     elige el Python con que se crea .venv

.DEFAULT_GOAL := help
.PHONY: lab test test-rapido test-browser test-colab test-nuevas jupyter masalla sweep demo notebooks calificar libro check lint disk clean help

PYTHON ?=
ARGS ?=

define bootstrap
@for python in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		exec "$$python" tools/bootstrap.py $@ $(ARGS); \
	fi; \
done; \
echo "No encuentro Python 3.11 o posterior: instálalo desde https://www.python.org/downloads/" \
	"y repite la orden." >&2; \
exit 1
endef

lab: ## Instala lo que falte y ejecuta los cuadernos en orden
	$(bootstrap)

test: ## Instala lo que falte y ejecuta todas las pruebas
	$(bootstrap)

test-rapido: ## Ejecuta lo que se prueba entre dos cambios: unos dos minutos
	$(bootstrap)

test-browser: ## Prueba el laboratorio en un navegador; capturas en results/browser
	$(bootstrap)

test-colab: ## Ejecuta los cuadernos con las versiones de Google Colab (.venv-colab)
	$(bootstrap)

test-nuevas: ## Prueba con las librerías más nuevas y dice qué se rompe (tarda)
	$(bootstrap)

jupyter: ## Abre JupyterLab en notebooks/00_inicio.ipynb
	$(bootstrap)

masalla: ## Instala además lo que piden los cuadernos 06 a 08
	$(bootstrap)

sweep: ## Entrena con varios valores: make sweep ARGS="02 -p seed 42,43,44"
	$(bootstrap)

demo: ## Abre en el navegador una demo de tu modelo
	$(bootstrap)

notebooks: ## Ejecuta los cuadernos y guarda sus salidas en notebooks/
	$(bootstrap)

calificar: ## Califica entregas: make calificar ARGS="entregas/ --out notas/"
	$(bootstrap)

libro: ## Construye el libro en build/libro, para leer sin instalar
	$(bootstrap)

check: ## Revisa esta máquina: versiones, memoria, disco y red
	$(bootstrap)

lint: ## Revisa el estilo del código, los tipos y quién importa a quién
	$(bootstrap)

disk: ## Dice si hay espacio para instalar y qué se puede borrar
	$(bootstrap)

clean: ## Borra runs/, results/ y las cachés (conserva .venv)
	$(bootstrap)

help: ## Muestra esta ayuda
	@echo "Laboratorio de fine-tuning. Objetivos:"
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile
