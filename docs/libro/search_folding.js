// La mitad de search_folding.py que se ejecuta en el navegador, detrás de la búsqueda de Sphinx.
{
  const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");

  const Roots = window.Stemmer;
  window.Stemmer = class {
    roots = new Roots();
    stemWord(word) {
      return this.roots.stemWord(fold(word).replace(/ion$/, "ión"));
    }
  };

  // Los títulos los compara letra a letra: se le da la consulta con los acentos del título.
  const search = Search._performSearch;
  Search._performSearch = (query, ...terms) => {
    const wanted = fold(query.trim().toLowerCase());
    for (const title of Object.keys(Search._index.alltitles)) {
      const start = fold(title.toLowerCase()).indexOf(wanted);
      if (start >= 0) return search(title.substr(start, wanted.length), ...terms);
    }
    return search(query, ...terms);
  };

  // Al acabar dice cuántas páginas hay, y esa frase no viene traducida: salía vacía.
  const pages = "${resultCount} páginas.";
  Documentation.addTranslations({
    messages: {
      "Search finished, found one page matching the search query.": ["Una página.", pages, pages],
    },
    plural_expr: "n == 1 ? 0 : 1",
    locale: "es",
  });

  // Un libro abierto como archivo no puede leer sus otras páginas: los resultados, sin extracto.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
