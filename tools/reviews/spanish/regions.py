"""Cómo se llama lo mismo en cada país: nombres con su género, verbos y dinero.

Cada entrada es una cadena con cinco partes separadas por « | », una por región, en el orden de
``REGIONS``; con una sola parte vale para todas. Dentro de una parte, «/» separa sinónimos. Un
nombre lleva delante su género («m:» o «f:»); lo demás va tal cual.
"""

# España, México, Río de la Plata (Argentina y Uruguay), Colombia y Chile.
REGIONS = ("es", "mx", "ar", "co", "cl")

NOUNS = {
    # Gente
    "camarero": "m:camarero | m:mesero | m:mozo | m:mesero | m:garzón",
    "camarera": "f:camarera | f:mesera | f:moza | f:mesera | f:garzona",
    "chico": (
        "m:chico | m:chavo/m:muchacho | m:pibe/m:chico | m:muchacho/m:pelado | m:cabro/m:chico"
    ),
    "chica": (
        "f:chica | f:chava/f:muchacha | f:piba/f:chica | f:muchacha/f:pelada | f:cabra/f:chica"
    ),
    "jefe": (
        "m:encargado/m:jefe | m:gerente/m:encargado | m:encargado/m:dueño | m:administrador |"
        " m:jefe/m:administrador"
    ),
    "jefa": (
        "f:encargada/f:jefa | f:gerente/f:encargada | f:encargada/f:dueña | f:administradora |"
        " f:jefa/f:administradora"
    ),
    "recepcionista": "f:recepcionista",
    "repartidor": (
        "m:repartidor | m:repartidor | m:repartidor/m:cadete | m:domiciliario | m:repartidor"
    ),
    "conductor": "m:conductor | m:chofer | m:chofer | m:conductor | m:chofer",
    "fontanero": "m:fontanero | m:plomero | m:plomero | m:plomero | m:gásfiter",
    "profe": (
        "m:profe/m:profesor | m:profe/m:maestro | m:profe/m:profesor | m:profe/m:profesor |"
        " m:profe/m:profesor"
    ),
    "profa": (
        "f:profe/f:profesora | f:profe/f:maestra | f:profe/f:profesora | f:profe/f:profesora |"
        " f:profe/f:profesora"
    ),
    "nino": (
        "m:niño/m:peque | m:niño/m:chamaco | m:nene/m:chico | m:niño/m:pelado | m:niño/m:cabro"
        " chico"
    ),
    "novio": "m:novio | m:novio | m:novio | m:novio | m:pololo",
    "novia": "f:novia | f:novia | f:novia | f:novia | f:polola",
    # Cosas
    "coche": "m:coche | m:carro/m:coche | m:auto | m:carro | m:auto",
    "movil": "m:móvil | m:celular | m:celular | m:celular | m:celular",
    "ordenador": (
        "m:ordenador/m:portátil | f:computadora/f:laptop | f:computadora/f:compu | m:computador |"
        " m:computador/m:notebook"
    ),
    "autobus": "m:autobús/m:bus | m:camión/m:autobús | m:colectivo/m:micro | m:bus | m:bus/f:micro",
    "taxi": "m:taxi | m:taxi | m:taxi/m:tacho | m:taxi | m:taxi",
    "billete": "m:billete | m:boleto | m:pasaje | m:tiquete | m:pasaje",
    "maletero": "m:maletero | f:cajuela | m:baúl | m:baúl | f:maleta",
    "atasco": "m:atasco | m:tráfico | m:embotellamiento | m:trancón | m:taco",
    "cargador": "m:cargador",
    "pantalla": "f:pantalla",
    "bateria": "f:batería | f:pila/f:batería | f:batería | f:batería | f:batería",
    "enchufe": "m:enchufe | m:contacto | m:enchufe | m:tomacorriente | m:enchufe",
    "lavadora": "f:lavadora | f:lavadora | m:lavarropas | f:lavadora | f:lavadora",
    "nevera": "f:nevera | m:refri/m:refrigerador | f:heladera | f:nevera | m:refri/m:refrigerador",
    "horno": "m:horno",
    "microondas": (
        "m:microondas/m:micro | m:microondas | m:microondas | m:microondas | m:microondas"
    ),
    "televisor": (
        "f:tele/m:televisor | f:tele/f:televisión | f:tele/m:televisor | m:televisor |"
        " f:tele/m:televisor"
    ),
    "calentador": (
        "m:calentador/f:caldera | m:bóiler/m:calentador | m:calefón/m:termotanque | m:calentador |"
        " m:calefón/m:cálifont"
    ),
    "grifo": "m:grifo | f:llave | f:canilla | f:llave | f:llave",
    "ducha": "f:ducha | f:regadera | f:ducha | f:ducha | f:ducha",
    "aire": (
        "m:aire acondicionado/m:aire | m:clima/m:aire acondicionado | m:aire | m:aire acondicionado"
        " | m:aire"
    ),
    "habitacion": (
        "f:habitación | f:habitación/m:cuarto | f:habitación/f:pieza | f:habitación/m:cuarto |"
        " f:habitación/f:pieza"
    ),
    "piso": (
        "m:piso/m:apartamento | m:departamento/m:depa | m:departamento/m:depto | m:apartamento |"
        " m:departamento/m:depto"
    ),
    "ascensor": "m:ascensor | m:elevador | m:ascensor | m:ascensor | m:ascensor",
    "piscina": "f:piscina | f:alberca | f:pileta | f:piscina | f:piscina",
    "cama": "f:cama",
    "manta": "f:manta | f:cobija | f:frazada | f:cobija | f:frazada",
    "bano": "m:baño",
    "sabana": "f:sábana",
    "toalla": "f:toalla | f:toalla | m:toallón | f:toalla | f:toalla",
    "camiseta": "f:camiseta | f:playera | f:remera | f:camiseta | f:polera",
    "chaqueta": "f:chaqueta/f:cazadora | f:chamarra | f:campera | f:chaqueta | f:chaqueta/f:casaca",
    "jersey": "m:jersey | m:suéter | m:pulóver/m:buzo | m:saco/m:buzo | m:chaleco",
    "zapatilla": "f:zapatilla/f:deportiva | m:tenis | f:zapatilla | m:tenis | f:zapatilla",
    "vaquero": "m:vaquero | m:pantalón de mezclilla | m:jean | m:jean | m:jeans",
    "falda": "f:falda | f:falda | f:pollera | f:falda | f:falda",
    "gafas_una": "f:montura | m:armazón | m:armazón | f:montura | m:marco",
    "bolso": "m:bolso | f:bolsa | f:cartera | m:bolso | f:cartera",
    "mochila": "f:mochila | f:mochila | f:mochila | m:morral/f:maleta | f:mochila",
    "bolsa": "f:bolsa | f:bolsa | f:bolsa | f:bolsa | f:bolsa",
    "paquete": "m:paquete | m:paquete | m:paquete | m:paquete | m:paquete/f:encomienda",
    "tienda": "f:tienda | f:tienda | m:local/m:negocio | m:almacén/f:tienda | f:tienda",
    "taller": "m:taller | m:taller | m:taller | m:taller | m:taller",
    "peluqueria": "f:peluquería | f:estética | f:peluquería | f:peluquería | f:peluquería",
    "cola": "f:cola | f:fila | f:cola/f:fila | f:fila | f:fila",
    "factura": "f:factura",
    "cuenta": "f:cuenta/f:dolorosa | f:cuenta | f:cuenta | f:cuenta | f:cuenta",
    "bronca": "f:bronca | f:regañada | m:reto | f:vaciada | m:reto",
    "queja": "f:queja/f:reclamación | f:queja | f:queja | f:queja/m:reclamo | m:reclamo",
    "sitio": "m:sitio/m:lugar | m:lugar | m:lugar | m:sitio/m:lugar | m:lugar",
    "cosa": "f:cosa",
    # De comer y beber
    "plato": (
        "f:paella/m:cocido/f:tortilla/m:bacalao/f:fideuá |"
        " m:mole/m:pozole/f:cochinita/m:aguachile/f:barbacoa |"
        " m:asado/f:milanesa/f:provoleta/m:matambre/m:locro | f:bandeja paisa/m:ajiaco/f:arepa de"
        " huevo/m:sancocho/f:mojarra | m:pastel de choclo/f:cazuela/m:lomo a lo"
        " pobre/f:chorrillana/m:caldillo"
    ),
    "comun": "f:pizza/f:hamburguesa/f:sopa/m:arroz/m:pollo/f:ensalada/m:pescado/f:carne/f:lasaña",
    "postre": (
        "f:tarta de queso/m:flan/m:arroz con leche/f:torrija | m:flan/m:pastel de tres"
        " leches/f:nieve | m:flan con dulce de leche/m:panqueque/m:chajá | m:postre de"
        " natas/f:torta de tres leches/m:flan de coco | m:suspiro/f:leche asada/m:kuchen"
    ),
    "tarta": "f:tarta | m:pastel | f:torta | f:torta/m:ponqué | f:torta",
    "bocadillo": "m:bocadillo/m:bocata | f:torta | m:sánguche | m:sándwich | m:sánguche",
    "zumo": "m:zumo | m:jugo | m:jugo | m:jugo | m:jugo",
    "cafe": (
        "m:cortado/m:café con leche | m:café de olla/m:café | m:cortado/m:cafecito |"
        " m:tinto/m:perico | m:cortado/m:café"
    ),
    "cerveza": (
        "f:caña/f:cerveza | f:chela/f:cerveza | f:birra/f:cerveza | f:cerveza/f:pola |"
        " f:chela/m:schop"
    ),
    "patata": "f:patata | f:papa | f:papa | f:papa | f:papa",
    "gamba": "f:gamba | m:camarón | m:langostino | m:camarón | m:camarón",
    "fresa": "f:fresa | f:fresa | f:frutilla | f:fresa | f:frutilla",
    "aguacate": "m:aguacate | m:aguacate | f:palta | m:aguacate | f:palta",
    "judia": "f:judía/f:alubia | m:frijol | m:poroto | m:fríjol | m:poroto",
    "racion": "f:ración | f:porción/f:orden | f:porción | f:porción | f:porción",
    "tapa": "f:tapa/m:pincho | f:botana/m:antojito | f:picada | f:entrada | m:picoteo",
    "propina": "f:propina",
}

PHRASES = {
    # Verbos de tú, de vos y de usted
    "quieres": "quieres | quieres | querés | quieres | quieres",
    "puedes": "puedes | puedes | podés | puedes | puedes",
    "tienes": "tienes | tienes | tenés | tienes | tienes",
    "vas": "vas",
    "buscas": "buscas | buscas | buscás | buscas | buscas",
    "sabes": "sabes | sabes | sabés | sabes | sabes",
    "pides": "pides | pides | pedís | pides | pides",
    "prefieres": "prefieres | prefieres | preferís | prefieres | prefieres",
    "ve": "ve | ve | andá | ve | anda",
    "mira": "mira | mira | mirá | mira | mira",
    "huye": "huye | huye | rajá/huí | corre/huye | arranca/huye",
    "ahorrate": "ahórrate | ahórrate | ahorrate | ahórrate | ahórrate",
    "busca": "busca | busca | buscá | busca | busca",
    "pide": "pide | pide | pedí | pide | pide",
    "os": "os | les | les | les | les",  # «os/les recomiendo»
    "vosotros": "vosotros | ustedes | ustedes | ustedes | ustedes",
    # Fórmulas
    "vale": "vale | órale/sale | dale | listo | ya/ok",
    "muy": (
        "muy/muy/súper/bien | muy/muy/bien/súper | muy/muy/re/súper | muy/muy/súper/bien |"
        " muy/muy/súper/harto"
    ),
    "mucho": "mucho/un montón | mucho/un montón | mucho/un montón | mucho/un resto | mucho/harto",
    "un_poco": (
        "un poco/un pelín | un poco/tantito | un poco/un toque | un poco/un poquito | un poco/un"
        " pelito"
    ),
    "dinero": "dinero/pasta | dinero/lana | plata/guita | plata | plata",
    "tio": "tío | güey | che | parce | oye",
    "genial": (
        "genial/una pasada/guay | padrísimo/a toda madre/genial | bárbaro/genial/una masa |"
        " chévere/bacano/una nota | bacán/genial/filete"
    ),
    "cutre": "cutre | chafa/gacho | berreta/trucho | chichipato/maluco | rasca/penca",
    "que_bien": (
        "qué pasada/qué gusto | qué padre/qué chido | qué bárbaro/qué lindo | qué chévere/qué"
        " bacano | qué bacán/qué rico"
    ),
    "que_mal": (
        "vaya tela/menudo desastre/manda narices | qué poca/qué gacho/no manches | qué papelón/qué"
        " desastre/un bajón | qué pereza/qué embarrada/qué vaina | qué lata/qué fome/la embarraron"
    ),
    "timo": (
        "un timo/un sablazo | una transa/un robo | un afano/un choreo | una tumbada/un robo | una"
        " estafa/un cogoteo"
    ),
    "majo": (
        "maj{o}/simpátic{o} | buena onda/amable | copad{o}/un amor | querid{o}/muy formal |"
        " simpátic{o}/buena onda"
    ),
    "borde": (
        "borde/sec{o} | mala onda/seri{o} de más | mala onda/cortante | atravesad{o}/de malas"
        " pulgas | pesad{o}/mala onda"
    ),
    "ahora": "ahora mismo/ahora | ahorita | ahora/ahora mismo | ahorita | altiro/ahora",
    "aqui": "aquí | aquí/acá | acá | acá/aquí | acá/aquí",
    "alli": "allí | allá | allá | allá | allá",
    "vosotros_id": "id | vayan | vayan | vayan | vayan",
    "no_vayais": "no vayáis | no vayan | no vayan | no vayan | no vayan",
    "probadlo": "probadlo | pruébenlo | pruébenlo | pruébenlo | pruébenlo",
    "conducir": "conducir | manejar | manejar | manejar | manejar",
    "aparcar": "aparcar | estacionarse | estacionar | parquear | estacionar",
    "coger": "coger | tomar/agarrar | tomar/agarrar | coger/tomar | tomar",
    "enfadarse": "enfadarse | enojarse | enojarse | ponerse brav{o} | enojarse",
    "enfadad": "enfadad | enojad | enojad | enojad | enojad",  # y la terminación: {enfadad}{yo}
    "alquilar": "alquilar | rentar | alquilar | arrendar | arrendar",
    # Dinero: poco (un café), medio (una comida, un arreglo pequeño) y mucho (un arreglo, un viaje)
    "poco_dinero": (
        "dos euros/tres euros con cincuenta/4 € | cuarenta pesos/65 pesos/$80 | mil quinientos"
        " pesos/2.000 pesos/tres lucas | cinco mil pesos/7.000 pesos/$9.500 | dos lucas/2.500"
        " pesos/tres mil pesos"
    ),
    "dinero_medio": (
        "veinticinco euros/18 €/treinta y pico euros | 350 pesos/cuatrocientos pesos/$280 | doce"
        " mil pesos/15.000 pesos/quince lucas | cuarenta mil pesos/$55.000/sesenta mil | quince"
        " lucas/12.000 pesos/dieciocho mil pesos"
    ),
    "mucho_dinero": (
        "ciento ochenta euros/240 €/casi trescientos euros | tres mil quinientos pesos/$4,800/casi"
        " seis mil pesos | ciento veinte mil pesos/doscientas lucas/casi 180.000 pesos |"
        " cuatrocientos mil pesos/$620.000/casi medio millón | ciento cuarenta lucas/180.000"
        " pesos/más de doscientas lucas"
    ),
}

# Nombres de persona, corrientes en todas partes.
NAMES = {
    "f": (
        "Lucía, Carmen, Marta, Valentina, Camila, Paula, Rosa, Daniela, Ana, Sofía, Elena, Noelia,"
        " Jimena, Pilar, Yolanda, Antonia"
    ),
    "m": (
        "Javier, Luis, Andrés, Mateo, Diego, Manuel, Carlos, Jorge, Sergio, Iván, Ramiro, Álvaro,"
        " Tomás, Nicolás, Ernesto, Joaquín"
    ),
}
