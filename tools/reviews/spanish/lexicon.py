"""Adjetivos de las reseñas en español, por grupo de temas y nivel, de -2 (pésimo) a 2 (magnífico).

Van en masculino singular, de más a menos frecuente, separados según pidan ser o estar.
"""

ADJECTIVES = {
    "food": {
        -2: {
            "ser": "horrible, repugnante, pésimo, intragable, espantoso, nauseabundo, vergonzoso",
            "estar": (
                "asqueroso, malísimo, incomible, horroroso, rancio, podrido, mohoso, carbonizado"
            ),
        },
        -1: {
            "ser": "insípido, aceitoso, grasiento, decepcionante, escaso, pesado, insulso",
            "estar": (
                "frío, soso, seco, duro, salado, recalentado, tibio, desabrido, aguado, reseco,"
                " chicloso, quemado, crudo"
            ),
        },
        0: {
            "ser": (
                "normal, normalito, del montón, correcto, aceptable, corriente, sencillo, básico"
            ),
            "estar": "regular, pasable",
        },
        1: {
            "ser": "abundante, variado, agradable, casero",
            "estar": (
                "rico, bueno, sabroso, fresco, en su punto, bien presentado, bien sazonado, jugoso,"
                " apetitoso, tierno, crujiente"
            ),
        },
        2: {
            "ser": (
                "espectacular, excelente, inolvidable, insuperable, magnífico, extraordinario,"
                " maravilloso, fantástico, inmejorable"
            ),
            "estar": (
                "delicioso, exquisito, increíble, para chuparse los dedos, perfecto, divino, de"
                " lujo, soberbio, de rechupete"
            ),
        },
    },
    "people": {
        -2: {
            "ser": (
                "insoportable, prepotente, grosero, impresentable, nefasto, despectivo, insolente,"
                " irrespetuoso, agresivo, altanero, pésimo, déspota, ofensivo"
            ),
            "estar": "",
        },
        -1: {
            "ser": (
                "antipático, maleducado, seco, desagradable, lento, distante, brusco, torpe,"
                " cortante, impaciente, indiferente, frío, despistado, huraño"
            ),
            "estar": "desganado, perdido, malhumorado, distraído, desbordado, desmotivado",
        },
        0: {
            "ser": "correcto, normal, discreto, reservado, aceptable",
            "estar": "regular",
        },
        1: {
            "ser": (
                "amable, atento, simpático, profesional, agradable, educado, servicial, paciente,"
                " cercano, respetuoso, eficiente, cordial, cariñoso, competente, alegre, detallista"
            ),
            "estar": "sonriente",
        },
        2: {
            "ser": (
                "encantador, maravilloso, estupendo, excepcional, excelente, increíble, fantástico,"
                " extraordinario, inmejorable, magnífico, adorable, admirable, espectacular,"
                " ejemplar, impecable, sensacional"
            ),
            "estar": "de diez",
        },
    },
    "place": {
        -2: {
            "ser": (
                "asqueroso, horrible, deprimente, insalubre, lamentable, repugnante, cochambroso,"
                " tétrico, inmundo, espantoso"
            ),
            "estar": "mugriento, hecho un asco, destrozado, en ruinas, abandonado",
        },
        -1: {
            "ser": "incómodo, viejo, oscuro, ruidoso, feo, estrecho, anticuado, frío, agobiante",
            "estar": (
                "sucio, descuidado, desordenado, destartalado, dejado, polvoriento, gastado,"
                " estropeado, pegajoso, mal ventilado, deslucido"
            ),
        },
        0: {
            "ser": "normal, sencillo, básico, correcto, funcional, del montón",
            "estar": "regular, pasable, aceptable",
        },
        1: {
            "ser": (
                "cómodo, acogedor, bonito, agradable, amplio, tranquilo, luminoso, espacioso,"
                " moderno, confortable, silencioso"
            ),
            "estar": (
                "limpio, cuidado, ordenado, bien equipado, bien iluminado, aseado, bien conservado,"
                " bien ventilado"
            ),
        },
        2: {
            "ser": (
                "precioso, espectacular, impresionante, maravilloso, magnífico, increíble,"
                " fantástico, de ensueño, hermoso, lujoso, idílico"
            ),
            "estar": (
                "impecable, reluciente, impoluto, perfecto, como nuevo, inmaculado, de revista"
            ),
        },
    },
    "price": {
        -2: {
            "ser": (
                "abusivo, desorbitado, escandaloso, exorbitante, vergonzoso, indecente,"
                " inaceptable, disparatado, astronómico, inadmisible, injustificable, absurdo"
            ),
            "estar": "por las nubes",
        },
        -1: {
            "ser": (
                "caro, elevado, excesivo, alto, exagerado, injustificado, desproporcionado,"
                " injusto, desmedido"
            ),
            "estar": "inflado",
        },
        0: {
            "ser": "normal, aceptable, correcto, estándar, habitual",
            "estar": "en la media, dentro de lo normal",
        },
        1: {
            "ser": "razonable, barato, justo, económico, asequible, ajustado, competitivo",
            "estar": "justificado, bien pensado",
        },
        2: {
            "ser": (
                "inmejorable, imbatible, excelente, estupendo, fantástico, increíble, insuperable,"
                " ideal, maravilloso, inigualable, magnífico"
            ),
            "estar": "regalado, perfecto",
        },
    },
    "time": {
        -2: {
            "ser": (
                "eterno, interminable, desastroso, caótico, inaceptable, pésimo, vergonzoso,"
                " inadmisible, infernal, exasperante, insufrible, intolerable"
            ),
            "estar": "",
        },
        -1: {
            "ser": "lento, largo, pesado, excesivo, frustrante, desesperante",
            "estar": "mal organizado, desorganizado, retrasado, descoordinado",
        },
        0: {
            "ser": "normal, aceptable, habitual, correcto, estándar",
            "estar": "regular, dentro de lo normal",
        },
        1: {
            "ser": (
                "rápido, puntual, ágil, breve, corto, razonable, eficiente, fluido, llevadero,"
                " eficaz"
            ),
            "estar": "bien organizado, bien coordinado, ordenado",
        },
        2: {
            "ser": (
                "impecable, inmejorable, perfecto, excelente, increíble, ejemplar, extraordinario,"
                " asombroso, estupendo, sensacional"
            ),
            "estar": "de diez",
        },
    },
    "thing": {
        -2: {
            "ser": (
                "inservible, inútil, desastroso, lamentable, pésimo, horroroso, penoso, peligroso,"
                " vergonzoso, indignante, espantoso, inutilizable"
            ),
            "estar": "roto, defectuoso, destrozado, hecho polvo, plagado de errores",
        },
        -1: {
            "ser": (
                "flojo, malo, endeble, frágil, decepcionante, incómodo, mediocre, confuso, feo,"
                " deficiente, anticuado, escaso"
            ),
            "estar": (
                "mal hecho, incompleto, mal acabado, rayado, desactualizado, desgastado, arrugado,"
                " torcido, descolorido"
            ),
        },
        0: {
            "ser": "normal, básico, sencillo, normalito, correcto, del montón, aceptable",
            "estar": "regular, pasable",
        },
        1: {
            "ser": (
                "bueno, práctico, útil, cómodo, resistente, bonito, completo, sólido, elegante,"
                " duradero, robusto, claro, versátil, manejable, suave"
            ),
            "estar": "bien hecho, bien acabado, cuidado, bien pensado, actualizado",
        },
        2: {
            "ser": (
                "perfecto, precioso, excelente, fantástico, estupendo, magnífico, maravilloso,"
                " espectacular, increíble, extraordinario, insuperable, inmejorable, fabuloso,"
                " sensacional, soberbio"
            ),
            "estar": "impecable, de lujo",
        },
    },
    "overall": {
        -2: {
            "ser": (
                "desastroso, lamentable, horrible, pésimo, penoso, terrible, nefasto, vergonzoso,"
                " espantoso, indignante, horroroso, catastrófico, inaceptable, deplorable"
            ),
            "estar": "",
        },
        -1: {
            "ser": (
                "malo, mediocre, decepcionante, flojo, desagradable, pobre, deficiente, frustrante,"
                " aburrido, insuficiente, mejorable"
            ),
            "estar": "mal organizado",
        },
        0: {
            "ser": "normal, normalito, correcto, del montón, aceptable, pasable, corriente",
            "estar": "regular",
        },
        1: {
            "ser": (
                "bueno, agradable, recomendable, satisfactorio, positivo, interesante, entretenido"
            ),
            "estar": "cuidado, bien organizado, bien pensado",
        },
        2: {
            "ser": (
                "excelente, estupendo, genial, fantástico, maravilloso, magnífico, espectacular,"
                " increíble, perfecto, extraordinario, fenomenal, inmejorable, impecable,"
                " sensacional, fabuloso, inolvidable, memorable, insuperable"
            ),
            "estar": "de diez",
        },
    },
    "drink": {
        -2: {
            "ser": "asqueroso, horrible, imbebible, pésimo, espantoso, repugnante, intomable",
            "estar": "",
        },
        -1: {
            "ser": "insípido, flojo, ácido, amargo, empalagoso, escaso, decepcionante",
            "estar": "aguado, tibio, caliente, malo, soso, sin gas, rebajado",
        },
        0: {
            "ser": "normal, correcto, corriente, normalito, del montón",
            "estar": "regular, pasable",
        },
        1: {
            "ser": "suave, refrescante, agradable, original",
            "estar": "rico, bueno, fresco, bien frío, en su punto, bien servido, sabroso",
        },
        2: {
            "ser": "espectacular, excelente, increíble, maravilloso, magnífico, fantástico",
            "estar": "delicioso, exquisito, buenísimo, de diez, perfecto",
        },
    },
    "service": {
        -2: {
            "ser": (
                "pésimo, horrible, lamentable, vergonzoso, nefasto, penoso, desastroso, indignante,"
                " deplorable, inaceptable, terrible"
            ),
            "estar": "",
        },
        -1: {
            "ser": (
                "malo, lento, frío, seco, distante, desagradable, flojo, deficiente, brusco,"
                " mediocre, decepcionante, impersonal"
            ),
            "estar": "descuidado",
        },
        0: {
            "ser": "correcto, normal, aceptable, normalito, del montón",
            "estar": "regular",
        },
        1: {
            "ser": (
                "bueno, amable, agradable, atento, rápido, cercano, profesional, cordial, familiar,"
                " cálido, respetuoso"
            ),
            "estar": "",
        },
        2: {
            "ser": (
                "excelente, excepcional, inmejorable, estupendo, fantástico, maravilloso,"
                " magnífico, impecable, exquisito, increíble, espectacular, extraordinario"
            ),
            "estar": "de diez",
        },
    },
    "work": {
        -2: {
            "ser": (
                "horrible, desastroso, pésimo, espantoso, horroroso, lamentable, penoso, terrible"
            ),
            "estar": "",
        },
        -1: {
            "ser": "malo, flojo, decepcionante, mediocre",
            "estar": "mal hecho, descuidado",
        },
        0: {
            "ser": "normal, correcto, normalito, corriente, del montón, aceptable",
            "estar": "regular, pasable",
        },
        1: {
            "ser": "bueno, bonito, agradable",
            "estar": "bien hecho, cuidado, parejo, bien acabado",
        },
        2: {
            "ser": (
                "perfecto, espectacular, precioso, increíble, maravilloso, excelente, impecable,"
                " fantástico, fabuloso, estupendo"
            ),
            "estar": "de diez, de revista",
        },
    },
    "learning": {
        -2: {
            "ser": (
                "desastroso, pésimo, nulo, lamentable, vergonzoso, horrible, penoso, nefasto,"
                " inútil"
            ),
            "estar": "",
        },
        -1: {
            "ser": (
                "malo, pobre, flojo, escaso, insuficiente, decepcionante, mediocre, lento,"
                " frustrante, aburrido"
            ),
            "estar": "mal planteado, anticuado, mal explicado",
        },
        0: {
            "ser": "normal, aceptable, correcto, básico, discreto, normalito",
            "estar": "regular",
        },
        1: {
            "ser": "bueno, útil, interesante, práctico, positivo, satisfactorio",
            "estar": "bien pensado, bien planteado, bien explicado, actualizado",
        },
        2: {
            "ser": (
                "excelente, increíble, espectacular, fantástico, extraordinario, magnífico,"
                " estupendo, impresionante, inmejorable, maravilloso"
            ),
            "estar": "de diez",
        },
    },
    "organisation": {
        -2: {
            "ser": "desastroso, caótico, pésimo, lamentable, vergonzoso, nefasto, penoso, terrible",
            "estar": "",
        },
        -1: {
            "ser": "malo, confuso, flojo, deficiente, complicado, lento",
            "estar": "mal pensado, mal planteado, mal llevado",
        },
        0: {
            "ser": "normal, aceptable, correcto, mejorable",
            "estar": "regular",
        },
        1: {
            "ser": "bueno, claro, flexible",
            "estar": "bien pensado, bien organizado, bien llevado",
        },
        2: {
            "ser": "excelente, impecable, perfecto, estupendo, inmejorable, fantástico, magnífico",
            "estar": "de diez",
        },
    },
    "noise": {
        -2: {
            "ser": "pésimo, horrible, espantoso, terrible, desastroso, infernal, nulo, lamentable",
            "estar": "",
        },
        -1: {
            "ser": "malo, flojo, insuficiente, deficiente, mejorable, pobre, escaso",
            "estar": "",
        },
        0: {
            "ser": "normal, aceptable, correcto",
            "estar": "regular",
        },
        1: {
            "ser": "bueno, agradable",
            "estar": "",
        },
        2: {
            "ser": (
                "perfecto, estupendo, excelente, fantástico, magnífico, maravilloso, inmejorable"
            ),
            "estar": "",
        },
    },
    "night": {
        -2: {
            "ser": "horrible, espantoso, infernal, terrible, insoportable, larguísimo",
            "estar": "",
        },
        -1: {
            "ser": "malo, ruidoso, pesado, incómodo, movido, inquieto",
            "estar": "",
        },
        0: {
            "ser": "normal, corriente",
            "estar": "regular",
        },
        1: {
            "ser": "tranquilo, bueno, agradable, silencioso",
            "estar": "",
        },
        2: {
            "ser": (
                "maravilloso, perfecto, estupendo, fantástico, magnífico, inolvidable, increíble"
            ),
            "estar": "",
        },
    },
    "outdoor": {
        -2: {
            "ser": "horrible, asqueroso, deprimente, lamentable, espantoso",
            "estar": "hecho un asco, abandonado, destrozado",
        },
        -1: {
            "ser": "feo, viejo, oscuro, ruidoso, soso",
            "estar": "sucio, descuidado, dejado, mal iluminado, mal cuidado, deslucido",
        },
        0: {"ser": "normal, corriente, normalito, sencillo, del montón", "estar": "regular"},
        1: {
            "ser": "bonito, tranquilo, agradable, alegre, lindo",
            "estar": "cuidado, limpio, bien cuidado, bien iluminado, bien conservado",
        },
        2: {
            "ser": (
                "precioso, espectacular, maravilloso, de ensueño, increíble, hermoso,"
                " impresionante, idílico"
            ),
            "estar": "impecable, perfecto",
        },
    },
    "waiting": {
        -2: {
            "ser": "eterno, interminable, desesperante, larguísimo, insoportable, exagerado",
            "estar": "",
        },
        -1: {"ser": "largo, pesado, excesivo, lento", "estar": ""},
        0: {"ser": "normal, razonable, aceptable", "estar": ""},
        1: {"ser": "corto, breve, llevadero", "estar": ""},
        2: {"ser": "mínimo, cortísimo, brevísimo, de nada, inexistente, rapidísimo", "estar": ""},
    },
    "treatment": {
        -2: {"ser": "horrible, pésimo, espantoso, desastroso, lamentable, terrible", "estar": ""},
        -1: {"ser": "flojo, decepcionante, corto, malo, mediocre, brusco, aburrido", "estar": ""},
        0: {"ser": "normal, correcto, normalito, del montón, aceptable", "estar": "regular"},
        1: {"ser": "bueno, agradable, relajante, completo, recomendable, delicado", "estar": ""},
        2: {
            "ser": (
                "maravilloso, fantástico, increíble, espectacular, excelente, estupendo,"
                " inmejorable"
            ),
            "estar": "de diez",
        },
    },
    "progress": {
        -2: {"ser": "nulo, desastroso, pésimo, lamentable, horrible, inexistente", "estar": ""},
        -1: {"ser": "lento, escaso, pobre, flojo, decepcionante, insuficiente, malo", "estar": ""},
        0: {"ser": "normal, aceptable, correcto, normalito", "estar": ""},
        1: {"ser": "bueno, positivo, rápido, notable, visible, satisfactorio", "estar": ""},
        2: {
            "ser": (
                "increíble, espectacular, impresionante, excelente, extraordinario, enorme,"
                " fantástico"
            ),
            "estar": "",
        },
    },
    "relation": {
        -2: {"ser": "pésimo, lamentable, horrible, desastroso, vergonzoso", "estar": ""},
        -1: {"ser": "malo, mejorable, flojo, mediocre, decepcionante", "estar": ""},
        0: {"ser": "normal, correcto, aceptable", "estar": "regular"},
        1: {"ser": "bueno, razonable, justo, interesante", "estar": ""},
        2: {
            "ser": (
                "excelente, inmejorable, increíble, imbatible, estupendo, fantástico, insuperable"
            ),
            "estar": "",
        },
    },
}

# Los más corrientes salen en todas las partes, como en la vida.
COMMON = frozenset(
    "bueno, malo, rico, soso, frío, seco, horrible, asqueroso, delicioso, exquisito, fresco,"
    " sabroso, casero, salado, incomible,amable, atento, simpático, antipático, maleducado,"
    " grosero, encantador, profesional, agradable, desagradable, educado,limpio, sucio, cómodo,"
    " incómodo, bonito, feo, viejo, tranquilo, ruidoso, acogedor, precioso, mugriento,caro, barato,"
    " razonable, abusivo, justo, excesivo, económico, inmejorable,lento, rápido, eterno, puntual,"
    " largo, interminable, caótico,flojo, roto, práctico, útil, resistente, defectuoso, inservible,"
    " bien hecho, mal hecho, perfecto,normal, correcto, regular, aceptable, corriente, del montón,"
    " sencillo, básico,decepcionante, mediocre, pésimo, desastroso, lamentable, vergonzoso,"
    " excelente, estupendo, maravilloso,espectacular, increíble, fantástico, impecable,"
    " recomendable".replace(",", ", ")
    .replace("  ", " ")
    .split(", ")
)

# Los de cada país: se concuerdan igual y piden ser, salvo los de REGIONAL_ESTAR.
REGIONAL = {
    "food": {
        -2: {
            "es": "infumable, de juzgado de guardia",
            "mx": "feísimo, para llorar",
            "ar": "impresentable, de terror",
            "co": "malísimo, horrible",
            "cl": "malazo, de terror",
        },
        -1: {
            "es": "malucho, sosete, flojete",
            "mx": "malón, chafa, gacho",
            "ar": "feo, gomoso, pasado",
            "co": "maluco, simple, trasnochado",
            "cl": "malito, lavado, fome",
        },
        1: {
            "es": "apañado, resultón, contundente",
            "mx": "sabrosón, llenador, chido",
            "ar": "rendidor, gustoso, bien casero",
            "co": "bien servido, provocativo, sustancioso",
            "cl": "contundente, sabrosón, bien servido",
        },
        2: {
            "es": "de muerte, brutal",
            "mx": "buenazo, padrísimo",
            "ar": "bárbaro, de otro planeta",
            "co": "una delicia, bacanísimo",
            "cl": "filete, de miedo",
        },
    },
    "people": {
        -2: {
            "es": "chulesco, faltón",
            "mx": "gandalla, majadero",
            "ar": "chanta, ventajero",
            "co": "guache, alzado",
            "cl": "patudo, agrandado",
        },
        -1: {
            "es": "borde, estirado, rancio",
            "mx": "sangrón, malencarado, gacho",
            "ar": "mala onda, amargo, desubicado",
            "co": "malacaroso, creído, atravesado, cansón",
            "cl": "pesado, mala onda, amargado",
        },
        1: {
            "es": "majo, majo, apañado",
            "mx": "buena onda, acomedido, chido, alivianado",
            "ar": "copado, macanudo, piola, buena onda",
            "co": "querido, formal, bacano, chévere",
            "cl": "buena onda, amoroso, paleteado, tela",
        },
        2: {
            "es": "majísimo, de quitarse el sombrero",
            "mx": "a todo dar, lindísimo",
            "ar": "divino, de fierro",
            "co": "queridísimo, divino",
            "cl": "amorosísimo, un amor",
        },
    },
    "place": {
        -2: {
            "es": "roñoso, de juzgado de guardia",
            "mx": "mugroso, para llorar",
            "ar": "roñoso, de terror",
            "co": "cochino, vuelto nada",
            "cl": "cochino, de terror",
        },
        -1: {
            "es": "cutre, viejuno, desangelado, casposo",
            "mx": "chafa, rascuache, amolado, gacho",
            "ar": "berreta, venido a menos, de cuarta",
            "co": "maluco, chichipato, desarreglado",
            "cl": "rasca, penca, charcha",
        },
        1: {
            "es": "chulo, coqueto, apañado, molón",
            "mx": "padre, chido, chulo",
            "ar": "lindo, copado, piola, canchero",
            "co": "chévere, bacano",
            "cl": "bacán, lindo, choro",
        },
        2: {
            "es": "chulísimo, de película",
            "mx": "padrísimo, chulísimo",
            "ar": "soñado, bárbaro",
            "co": "divino, bacanísimo",
            "cl": "filete, soñado",
        },
    },
    "price": {
        -2: {
            "es": "de atraco, de risa floja",
            "mx": "de asalto, carérrimo",
            "ar": "un choreo, de locos",
            "co": "de atraco, descarado",
            "cl": "de usura, un abuso",
        },
        -1: {
            "es": "carillo, subidito",
            "mx": "carito, caro",
            "ar": "salado, picante",
            "co": "carito, subidito",
            "cl": "carito, salado",
        },
        1: {
            "es": "apañado, baratito",
            "mx": "baratito, cómodo",
            "ar": "acomodado, barato",
            "co": "cómodo, económico",
            "cl": "conveniente, baratito",
        },
        2: {
            "es": "tirado, de chollo",
            "mx": "regaladísimo, de ganga",
            "ar": "bárbaro, de liquidación",
            "co": "regaladísimo, de promoción",
            "cl": "botado, de liquidación",
        },
    },
    "time": {
        -2: {
            "es": "de juzgado de guardia, de traca",
            "mx": "de nunca acabar, para llorar",
            "ar": "de locos, de terror",
            "co": "de nunca acabar, tenaz",
            "cl": "de nunca acabar, de terror",
        },
        -1: {
            "es": "cansino, lentorro",
            "mx": "tardado, lento",
            "ar": "largo, lento",
            "co": "jarto, demorado",
            "cl": "latero, lento",
        },
        1: {
            "es": "apañado, rapidito",
            "mx": "rapidito, chido",
            "ar": "rapidito, piola",
            "co": "rapidito, rápido",
            "cl": "rapidito, expedito",
        },
        2: {
            "es": "brutal, como un tiro",
            "mx": "padrísimo, de volada",
            "ar": "bárbaro, de primera",
            "co": "bacanísimo, de lujo",
            "cl": "filete, de miedo",
        },
    },
    "thing": {
        -2: {
            "es": "infumable, de chiste",
            "mx": "chafísimo, de risa",
            "ar": "truchísimo, impresentable",
            "co": "vuelto nada, malísimo",
            "cl": "malazo, de terror",
        },
        -1: {
            "es": "cutre, malucho, chungo, de pacotilla",
            "mx": "chafa, gacho, pirata",
            "ar": "trucho, berreta, de cuarta",
            "co": "maluco, chiviado, chimbo",
            "cl": "penca, charcha, rasca, trucho",
        },
        1: {
            "es": "chulo, apañado, molón, resultón",
            "mx": "padre, chido, aguantador",
            "ar": "lindo, copado, rendidor, piola",
            "co": "bacano, chévere, fino",
            "cl": "bacán, lindo, aperrado, choro",
        },
        2: {
            "es": "chulísimo, flipante",
            "mx": "padrísimo, fregón",
            "ar": "bárbaro, de primera",
            "co": "bacanísimo, brutal",
            "cl": "filete, bacanísimo",
        },
    },
    "overall": {
        -2: {
            "es": "infumable, chapucero",
            "mx": "chafísimo, para llorar",
            "ar": "impresentable, de terror",
            "co": "tenaz, malísimo",
            "cl": "malazo, de terror",
        },
        -1: {
            "es": "cutre, flojete, regulero",
            "mx": "chafa, gacho, malón",
            "ar": "flojito, berreta",
            "co": "maluco, jarto, flojito",
            "cl": "fome, penca, charcha",
        },
        1: {
            "es": "majo, chulo, apañado, guay",
            "mx": "padre, chido, bueno",
            "ar": "lindo, copado, piola",
            "co": "bacano, chévere",
            "cl": "bacán, bueno, lindo",
        },
        2: {
            "es": "chulísimo, brutal",
            "mx": "padrísimo, a todo dar",
            "ar": "bárbaro, de primera",
            "co": "bacanísimo, brutal",
            "cl": "filete, bacanísimo",
        },
    },
}

REGIONAL_ESTAR = frozenset(
    "malucho, sosete, flojete, malón, feo, feíto, gomoso, trasnochado, malito, lavado, sabrosón,"
    " bien servido, de muerte, brutal, buenazo, vuelto nada, amolado, venido a menos, desarreglado,"
    " subidito, subido, tirado, botado, regaladísimo, colgado, feísimo, malísimo de verdad, malazo"
    .replace(",", ", ")
    .replace("  ", " ")
    .split(", ")
)

# Masculino singular -> (femenino singular, masculino plural, femenino plural) donde la regla no
# acierta.
FEMININES = {
    "echado a perder": ("echada a perder", "echados a perder", "echadas a perder"),
    "hecho un asco": ("hecha un asco", "hechos un asco", "hechas un asco"),
    "hecho polvo": ("hecha polvo", "hechos polvo", "hechas polvo"),
    "plagado de errores": ("plagada de errores", "plagados de errores", "plagadas de errores"),
    "como nuevo": ("como nueva", "como nuevos", "como nuevas"),
    "venido a menos": ("venida a menos", "venidos a menos", "venidas a menos"),
    "vuelto nada": ("vuelta nada", "vueltos nada", "vueltas nada"),
    "malísimo de verdad": ("malísima de verdad", "malísimos de verdad", "malísimas de verdad"),
    "peor": ("peor", "peores", "peores"),
    "mejor": ("mejor", "mejores", "mejores"),
    "superior": ("superior", "superiores", "superiores"),
    "inferior": ("inferior", "inferiores", "inferiores"),
    "déspota": ("déspota", "déspotas", "déspotas"),
    "bacán": ("bacán", "bacanes", "bacanes"),
    "estándar": ("estándar", "estándares", "estándares"),
    "malón": ("malona", "malones", "malonas"),
    "sangrón": ("sangrona", "sangrones", "sangronas"),
    "cansón": ("cansona", "cansones", "cansonas"),
    "molón": ("molona", "molones", "molonas"),
    "resultón": ("resultona", "resultones", "resultonas"),
    "fregón": ("fregona", "fregones", "fregonas"),
    "sabrosón": ("sabrosona", "sabrosones", "sabrosonas"),
    "faltón": ("faltona", "faltones", "faltonas"),
}

INVARIABLE = frozenset(
    {
        "en su punto",
        "en mal estado",
        "para chuparse los dedos",
        "de lujo",
        "de rechupete",
        "del montón",
        "fuera de sí",
        "a lo suyo",
        "de diez",
        "en ruinas",
        "de ensueño",
        "de revista",
        "de película",
        "por las nubes",
        "fuera de toda lógica",
        "fuera de mercado",
        "en la media",
        "dentro de lo normal",
        "fuera de control",
        "de pesadilla",
        "padre",
        "buena onda",
        "mala onda",
        "a todo dar",
        "tela",
        "filete",
        "guay",
        "gandalla",
        "pirata",
        "de cuarta",
        "de primera",
        "de terror",
        "de locos",
        "de miedo",
        "de muerte",
        "de otro planeta",
        "de fierro",
        "un amor",
        "una delicia",
        "de juzgado de guardia",
        "para llorar",
        "de quitarse el sombrero",
        "de atraco",
        "de risa floja",
        "de asalto",
        "un choreo",
        "de usura",
        "un abuso",
        "de chollo",
        "de ganga",
        "de liquidación",
        "de promoción",
        "de traca",
        "de nunca acabar",
        "lenteja",
        "como un tiro",
        "de volada",
        "de chiste",
        "de risa",
        "de pacotilla",
        "de vergüenza ajena",
        "de dar pena",
    }
)

SUPERLATIVES = {
    "rico": "riquísimo",
    "bueno": "buenísimo",
    "malo": "malísimo",
    "sabroso": "sabrosísimo",
    "fresco": "fresquísimo",
    "jugoso": "jugosísimo",
    "soso": "sosísimo",
    "salado": "saladísimo",
    "duro": "durísimo",
    "aguado": "aguadísimo",
    "escaso": "escasísimo",
    "pesado": "pesadísimo",
    "amable": "amabilísimo",
    "atento": "atentísimo",
    "educado": "educadísimo",
    "cariñoso": "cariñosísimo",
    "lento": "lentísimo",
    "limpio": "limpísimo",
    "sucio": "sucísimo",
    "cómodo": "comodísimo",
    "incómodo": "incomodísimo",
    "amplio": "amplísimo",
    "tranquilo": "tranquilísimo",
    "luminoso": "luminosísimo",
    "moderno": "modernísimo",
    "cuidado": "cuidadísimo",
    "viejo": "viejísimo",
    "feo": "feísimo",
    "oscuro": "oscurísimo",
    "estrecho": "estrechísimo",
    "ruidoso": "ruidosísimo",
    "caro": "carísimo",
    "barato": "baratísimo",
    "alto": "altísimo",
    "claro": "clarísimo",
    "rápido": "rapidísimo",
    "largo": "larguísimo",
    "breve": "brevísimo",
    "corto": "cortísimo",
    "puntual": "puntualísimo",
    "útil": "utilísimo",
    "completo": "completísimo",
    "flojo": "flojísimo",
    "confuso": "confusísimo",
    "interesante": "interesantísimo",
    "entretenido": "entretenidísimo",
    "aburrido": "aburridísimo",
    "lindo": "lindísimo",
}

# Los sujetos que piden otros adjetivos que los de su tema: un trato no es «despistado».
SUBJECT_GROUPS = {
    "trato": "service",
    "atención": "service",
    "servicio": "service",
    "atención en la mesa": "service",
    "organización": "organisation",
    "horarios": "organisation",
    "puntualidad": "service",
    "relación calidad-precio": "relation",
    "noche": "night",
    "noches": "night",
    "sueño": "night",
    "descanso": "night",
    "fachada": "outdoor",
    "escalera": "outdoor",
    "barrio": "outdoor",
    "pueblo": "outdoor",
    "zona": "outdoor",
    "playa de delante": "outdoor",
    "patio": "outdoor",
    "jardín": "outdoor",
    "huerto": "outdoor",
    "edificio": "outdoor",
    "entrada": "outdoor",
    "pasillos": "outdoor",
    "libro": "learning",
    "apuntes": "learning",
    "videos": "learning",
    "aplicación": "learning",
    "grabaciones": "learning",
    "manual": "learning",
    "cuaderno de ejercicios": "learning",
    "ambiente de noche": "night",
    "espera": "waiting",
    "cola": "waiting",
    "fila": "waiting",
    "tiempos": "waiting",
    "masaje": "treatment",
    "masaje de espalda": "treatment",
    "masaje de pies": "treatment",
    "sauna": "treatment",
    "circuito de agua": "treatment",
    "limpieza facial": "treatment",
    "depilación": "treatment",
}

# Contrarios para los armazones que no se deciden («ni caro ni barato»), y los que piden estar.
OPPOSITES = {
    "food": "bueno/malo, rico/malo, sabroso/soso, abundante/escaso",
    "drink": "bueno/malo, dulce/amargo, cargado/flojo",
    "people": "simpático/antipático, amable/seco, cercano/distante, rápido/lento",
    "service": "bueno/malo, rápido/lento, cercano/frío",
    "place": "limpio/sucio, cómodo/incómodo, bonito/feo, moderno/viejo",
    "outdoor": "bonito/feo, cuidado/descuidado",
    "price": "barato/caro, justo/exagerado",
    "time": "rápido/lento, bueno/malo",
    "waiting": "corto/largo, breve/eterno",
    "work": "bueno/malo, bonito/feo",
    "treatment": "bueno/malo, largo/corto",
    "learning": "bueno/malo, útil/inútil",
    "organisation": "bueno/malo, claro/confuso",
    "noise": "bueno/malo",
    "night": "bueno/malo, tranquilo/ruidoso",
    "relation": "bueno/malo",
    "thing": "bueno/malo, útil/inútil, nuevo/viejo",
    "progress": "bueno/malo, rápido/lento",
    "overall": "bueno/malo, agradable/desagradable",
}
OPPOSITES_ESTAR = frozenset({"rico", "sabroso", "limpio", "cuidado", "cargado"})

# Los que no se dicen en una oración corta con adjetivo («el sueño era corriente»).
STIFF_SUBJECTS = frozenset(
    "demora, espera, pago, selección, filtros, garantía, cobro, total, descuento, registro, "
    "cupones, gestión, trámite,"
        " condiciones, plazo, plazos, surtido, variedad, entrega, entregas, palabra del dueño, "
        "cuentas,"
        " horario, horarios, turnos, señalización, ficha, relleno, protección, mano de obra, "
        "diagnóstico,"
        " bono, respuestas, operadores, acabado, remates, ajuste, secretaría, calendario, grupos,"
        " sueño, propina sugerida, balance del año, cubierto, evolución, cambio, cargo por "
        "limpieza,"
    " cita, turno, agenda, ritmo, cuarto interior, suplemento, suplementos, depósito, aislamiento"
    " del cuarto, arreglo de barba, salón con sofá cama, entrada, escalera, recepción,"
    " administración, coordinación, repertorio, avances, persona que nos atendió, masa, socorrista,"
    " botones, sillas, puntualidad, descanso, ambiente de noche, puntas, costo del curso,"
    " examinador de los simulacros, buhardilla con estufa, dormitorio, factura, fianza, carta,"
    " inscripción, equipamiento".split(", ")
)

INTENSIFIERS = {
    -2: ["", "", "", "", "", "", "", "", "", "", "realmente"],
    -1: ["", "", "{muy}", "{muy}", "{muy}", "bastante", "bastante"],
    0: [""],
    1: ["", "", "", "{muy}", "{muy}", "{muy}", "bastante"],
    2: ["", "", "", "", "", "", "", "", "", "", "realmente"],
}
HEDGES = {
    -1: ["{un_poco}", "{un_poco}", "{un_poco}", "algo", "más bien"],
    1: ["bastante", "bastante", "bastante", "bastante"],
}
