"""Léxico: adjetivos por tema y nivel, y los nombres que llenan los huecos de las frases.

Los niveles van de -2 (pésimo) a 2 (magnífico). Las palabras están en inglés porque las
reseñas lo están. Un "+" al final de un sujeto quiere decir que es plural.
"""


def split_words(text):
    """Devuelve la lista de expresiones separadas por comas en un texto."""
    return [" ".join(word.split()) for word in text.split(",")]


ADJECTIVES = {
    "food": {
        -2: "disgusting, inedible, rancid, revolting, foul, rotten, vile, putrid, nauseating,"
        "repulsive, stomach-churning, sickening, gross, spoiled, ghastly, unspeakable, toxic",
        -1: "bland, soggy, cold, greasy, dry, stale, overcooked, chewy, flavorless, salty,"
        "lukewarm, burnt, mushy, rubbery, watery, tasteless, stodgy, insipid, limp,"
        "undercooked, oily, bitter, gristly, tired, disappointing",
        0: "edible, average, ordinary, standard, plain, unremarkable, run-of-the-mill, middling,"
        "passable, forgettable, so-so, acceptable, okay",
        1: "tasty, fresh, flavorful, good, crisp, hearty, satisfying, well seasoned, juicy,"
        "tender, fragrant, savory, nicely cooked, moreish, wholesome, appetizing, comforting,"
        "generous, zesty",
        2: "delicious, incredible, exquisite, divine, heavenly, mouthwatering, sublime,"
        "scrumptious, sensational, delectable, phenomenal, superb, unforgettable, magnificent,"
        "spectacular, luscious, perfect",
    },
    "staff": {
        -2: "rude, insulting, hostile, abusive, contemptuous, nasty, obnoxious, aggressive,"
        "vicious, belligerent, spiteful, insufferable, vindictive, odious, appalling, venomous",
        -1: "inattentive, cold, careless, impatient, distracted, grumpy, curt, dismissive,"
        "clueless, unhelpful, brusque, aloof, sullen, absent-minded, forgetful, surly,"
        "disorganized, snippy, indifferent, sluggish",
        0: "businesslike, neutral, civil, adequate, okay, unremarkable, matter-of-fact, reserved,"
        "correct, average, so-so",
        1: "friendly, polite, helpful, kind, attentive, courteous, patient, pleasant, cheerful,"
        "accommodating, cordial, welcoming, considerate, gracious, personable, obliging,"
        "good-natured, warm, thoughtful",
        2: "wonderful, outstanding, extraordinary, exceptional, amazing, angelic, saintly,"
        "brilliant, stellar, world-class, phenomenal, incredible, delightful, magnificent,"
        "marvelous, superb",
    },
    "place": {
        -2: "filthy, disgusting, squalid, infested, moldy, vile, unsanitary, revolting, wretched,"
        "putrid, nightmarish, foul, horrific, verminous, repulsive, ghastly",
        -1: "dirty, cramped, shabby, dusty, musty, grimy, run-down, drafty, stuffy, dingy, sticky,"
        "cluttered, dated, tatty, threadbare, gloomy, noisy, dreary, grubby, neglected",
        0: "plain, basic, functional, ordinary, standard, average, no-frills, unremarkable,"
        "adequate, okay, anonymous",
        1: "clean, tidy, comfortable, cozy, bright, spacious, neat, airy, pleasant, inviting,"
        "well kept, quiet, charming, snug, homey, peaceful, attractive, restful, welcoming",
        2: "spotless, stunning, gorgeous, immaculate, luxurious, dreamy, breathtaking,"
        "magnificent, palatial, exquisite, pristine, idyllic, sumptuous, spectacular, glorious,"
        "enchanting",
    },
    "price": {
        -2: "outrageous, extortionate, criminal, obscene, scandalous, insane, ludicrous,"
        "exorbitant, predatory, fraudulent, shameful, shocking, indefensible, monstrous",
        -1: "high, steep, inflated, excessive, unreasonable, unfair, stiff, unjustified, hefty,"
        "bloated, greedy, cheeky, hard to justify, disappointing",
        0: "average, standard, typical, normal, ordinary, middling, predictable, unremarkable,"
        "okay, unexceptional",
        1: "fair, reasonable, honest, sensible, affordable, modest, decent, transparent,"
        "budget-friendly, competitive, good, gentle, moderate, attractive",
        2: "unbeatable, fantastic, incredible, amazing, sensational, miraculous, phenomenal,"
        "wonderful, unbelievably good, astonishing, marvelous, perfect",
    },
    "speed": {
        -2: "chaotic, disastrous, catastrophic, abysmal, hopeless, appalling, shambolic,"
        "atrocious, nonexistent, farcical, horrendous, dire, diabolical, disgraceful",
        -1: "slow, sluggish, disorganized, late, inefficient, haphazard, clumsy, patchy, tedious,"
        "sloppy, erratic, unreliable, lethargic, muddled, frustrating, glacial",
        0: "average, ordinary, standard, adequate, routine, uneventful, middling, acceptable,"
        "unexceptional, so-so, okay",
        1: "quick, prompt, efficient, smooth, speedy, punctual, reliable, brisk, orderly,"
        "professional, painless, well organized, swift, hassle-free, slick, good",
        2: "flawless, impeccable, faultless, superb, perfect, seamless, exemplary,"
        "astounding, immaculate, phenomenal, outstanding, magnificent, extraordinary, stellar",
    },
    "work": {
        -2: "botched, catastrophic, disastrous, dangerous, shameful, ruinous, atrocious,"
        "appalling, horrendous, hideous, scandalous, abysmal, monstrous, unforgivable",
        -1: "sloppy, crooked, uneven, shoddy, careless, amateurish, half-hearted, slapdash,"
        "rushed, patchy, unfinished, lopsided, clumsy, messy, second-rate, disappointing",
        0: "acceptable, adequate, average, passable, middling, standard, serviceable, ordinary,"
        "unexceptional, okay, so-so",
        1: "neat, solid, careful, tidy, thorough, precise, competent, professional,"
        "sound, skillful, conscientious, dependable, good, pleasing, diligent, flattering",
        2: "flawless, perfect, masterful, superb, stunning, impeccable, immaculate, magnificent,"
        "brilliant, first-class, breathtaking, faultless, exquisite, extraordinary",
    },
    "product": {
        -2: "worthless, useless, defective, broken, counterfeit, unusable, hazardous, atrocious,"
        "wretched, abysmal, hideous, horrendous, laughable, dangerous",
        -1: "flimsy, cheap-looking, scratched, uncomfortable, wobbly, faded, tacky, fragile,"
        "shoddy, mismatched, scuffed, disappointing, creaky, dull, clunky, second-rate",
        0: "ordinary, average, basic, standard, plain, generic, unremarkable, so-so, okay,"
        "passable, acceptable",
        1: "sturdy, well made, stylish, comfortable, durable, solid, handsome, handy, elegant,"
        "robust, smart, practical, good, attractive, pleasing, dependable",
        2: "perfect, gorgeous, stunning, fantastic, superb, magnificent, splendid, exquisite,"
        "impeccable, extraordinary, marvelous, flawless, glorious, dazzling",
    },
    "overall": {
        -2: "awful, terrible, horrible, dreadful, horrendous, appalling, atrocious, abysmal,"
        "hideous, ghastly, disastrous, nightmarish, deplorable, horrid, diabolical, lamentable,"
        "excruciating, miserable, traumatic",
        -1: "disappointing, poor, bad, mediocre, underwhelming, frustrating, unpleasant,"
        "lackluster, subpar, annoying, dull, irritating, tiresome, uninspired, second-rate, dreary,"
        "unimpressive, tedious, depressing",
        0: "okay, average, fine, so-so, middling, unremarkable, passable, tolerable,"
        "ordinary, uneventful, unexceptional, adequate",
        1: "good, nice, pleasant, enjoyable, solid, lovely, likeable, pleasing, satisfying,"
        "gratifying, agreeable, worthwhile, decent, relaxing, charming, fun, rewarding",
        2: "excellent, amazing, fantastic, wonderful, outstanding, superb, marvelous, magnificent,"
        "terrific, spectacular, phenomenal, sublime, glorious, stupendous, splendid,"
        "sensational, dazzling, magical, unforgettable",
    },
}

# Las palabras más corrientes salen en todas partes, como en la vida.
COMMON_WORDS = frozenset(
    split_words(
        "good, bad, great, awful, terrible, disgusting, rude, dirty, filthy, slow, bland, cold,"
        "friendly, clean, tasty, delicious, amazing, excellent, perfect, okay, average, fair,"
        "high, outrageous, unbeatable, quick, sloppy, neat, flawless, flimsy, sturdy, useless,"
        "disappointing, wonderful, standard, ordinary, chaotic, botched, gorgeous, helpful"
    )
)

ADVERBS = {
    -2: ["", "", "", "absolutely", "truly", "utterly", "simply", "just", "downright", "frankly"],
    -1: ["", "", "", "very", "really", "rather", "awfully", "pretty", "terribly"],
    0: ["", "", "", "", "just", "kind of", "perfectly"],
    1: ["", "", "", "very", "really", "pretty", "surprisingly", "consistently", "quite"],
    2: ["", "", "", "absolutely", "truly", "simply", "just", "utterly", "honestly", "insanely"],
}
HEDGES = {
    -1: ["a bit", "a little", "slightly", "somewhat", "a touch", "kind of", "a tad"],
    1: ["pretty", "fairly", "reasonably", "quite", "rather", "mostly"],
}

DOMAINS = {
    "restaurant": {
        "kind": "restaurant, bistro, diner, trattoria, steakhouse, taqueria, noodle bar,"
        "seafood place, curry house, pizzeria, gastropub, grill",
        "spot": "dining room, restroom, patio, bar area, booth, entrance",
        "staff": "waiter, waitress, hostess, bartender, manager, owner, chef, busboy, sommelier",
        "subjects": {
            "food": "soup, steak, risotto, lasagna, salad, fries+, tacos+, curry, burger, ramen,"
            "lamb, salmon, bread, dessert, cheesecake, gravy, dumplings+, shrimp+, pizza,"
            "roast chicken, guacamole, mussels+, ribs+, rice, vegetables+, house wine, tiramisu,"
            "brisket, gnocchi, calamari, meatballs+, chowder, food",
            "staff": "waiter, waitress, hostess, bartender, manager, owner, staff, team, chef,"
            "servers+, sommelier",
            "place": "dining room, restroom, patio, table, bar area, terrace, entrance, booth,"
            "glasses+, menus+, place",
            "price": "prices+, bill, wine prices+, lunch prices+",
            "speed": "service, kitchen, table service, booking system, takeout service",
        },
    },
    "cafe": {
        "kind": "cafe, coffee shop, bakery, tea room, pastry shop, brunch spot, juice bar",
        "spot": "counter, restroom, corner table, window seat, back room",
        "staff": "barista, cashier, owner, baker, manager, server",
        "subjects": {
            "food": "coffee, espresso, croissant, muffins+, cinnamon rolls+, bagel, pancakes+,"
            "waffles+, omelet, hot chocolate, tea, scones+, carrot cake, sandwich, quiche,"
            "smoothie, granola, cappuccino, cookies+, sourdough, eggs+, avocado toast, pastries+,"
            "lemon tart",
            "staff": "barista, cashier, owner, staff, team, manager, girl at the counter,"
            "guy at the register, baker, server",
            "place": "counter, restroom, tables+, back room, window seat, garden, place, floor,"
            "armchairs+",
            "price": "prices+, price of a latte, bill, brunch prices+",
            "speed": "service, line, counter service, ordering system",
        },
    },
    "hotel": {
        "kind": "hotel, motel, inn, guesthouse, resort, hostel, bed and breakfast",
        "spot": "bathroom, lobby, elevator, hallway, breakfast room, gym, pool area",
        "staff": "receptionist, night clerk, concierge, manager, housekeeper, porter, owner",
        "subjects": {
            "place": "room, bathroom, lobby, bed, pool, sheets+, towels+, carpet, balcony, hallway,"
            "breakfast room, elevator, gym, pillows+, shower, sauna, curtains+, garden, mattress",
            "staff": "receptionist, night clerk, concierge, staff, housekeeper, manager, porter,"
            "owners+, front desk team, cleaning crew",
            "food": "breakfast, buffet, coffee, room service dinner, scrambled eggs+, fruit, toast,"
            "bacon, pancakes+, restaurant food",
            "price": "prices+, rate, resort fee, bill, parking fee",
            "speed": "check-in, check-out, shuttle service, room service, booking process,"
            "housekeeping",
        },
    },
    "shop": {
        "kind": "store, boutique, furniture shop, shoe store, bookshop, hardware store,"
        "department store, thrift shop, toy store, bike shop",
        "spot": "fitting room, stockroom, parking lot, second floor, front window, back aisle",
        "staff": "sales clerk, cashier, manager, owner, shop assistant, security guard",
        "subjects": {
            "product": "shoes+, jacket, lamp, sofa, boots+, backpack, dress, bookcase, chair, coat,"
            "bike, curtains+, dining table, headphones+, jeans+, mattress, blender, suitcase,"
            "toy train, sweater, rug, toolbox, gloves+, desk, umbrella, kettle",
            "staff": "sales clerk, cashier, manager, owner, staff, security guard, shop assistant,"
            "team, lady at the returns desk, young man in shoes",
            "place": "fitting room, store, aisles+, displays+, parking lot, shelves+, restroom,"
            "front window",
            "price": "prices+, delivery fee, price tags+, sale prices+, final bill",
            "speed": "checkout, delivery, return process, online order, customer service,"
            "gift wrapping",
        },
    },
    "garage": {
        "kind": "garage, auto shop, body shop, tire shop, repair shop, phone repair shop",
        "spot": "waiting room, front office, parking lot, workshop, restroom",
        "staff": "mechanic, receptionist, owner, technician, manager, apprentice",
        "subjects": {
            "work": "repair, brake job, oil change, paint job, new windshield, tune-up,"
            "wheel alignment, replacement screen, wiring, welding, inspection, bodywork, detailing,"
            "engine work",
            "staff": "mechanic, receptionist, owner, technician, staff, crew, apprentice,"
            "woman at the desk, service adviser",
            "place": "waiting room, front office, workshop, restroom, loaner car, parking lot,"
            "coffee corner",
            "price": "prices+, quote, labor charge, bill, diagnostic fee, cost of the parts",
            "speed": "service, turnaround, appointment system, pick-up, paperwork,communication",
        },
    },
    "salon": {
        "kind": "salon, barber shop, spa, nail bar, tattoo studio, beauty salon",
        "spot": "waiting area, washing station, treatment room, front desk, changing room",
        "staff": "stylist, barber, receptionist, owner, colorist, therapist, manager",
        "subjects": {
            "work": "haircut, color, highlights+, manicure, beard trim, bangs+, perm, massage,"
            "facial, layers+, waxing, blow-dry, fade, nail art, shave, updo",
            "staff": "stylist, barber, receptionist, owner, colorist, therapist, staff, team,"
            "trainee, lady who washed my hair",
            "place": "waiting area, chairs+, treatment room, towels+, salon, washing station,"
            "changing room, tools+",
            "price": "prices+, bill, price of a trim, package price",
            "speed": "service, booking system, appointment, online booking, check-in",
        },
    },
    "home": {
        "kind": "plumbing company, moving company, painting crew, cleaning company,"
        "roofing firm, landscaping business, electrician's firm, handyman service",
        "spot": "hallway, kitchen, driveway, basement, van, attic",
        "staff": "plumber, foreman, painter, electrician, handyman, estimator, dispatcher",
        "subjects": {
            "work": "plumbing, paint job, tiling, new roof, wiring, deck, fence, cleaning,"
            "installation, cabinets+, drywall, landscaping, new floor, shelves+, repair,"
            "packing, kitchen sink",
            "staff": "plumber, foreman, painters+, electrician, crew, movers+, dispatcher, owner,"
            "handyman, office staff, estimator",
            "price": "prices+, quote, estimate, final bill, hourly rate, call-out fee",
            "speed": "scheduling, service, communication, response, cleanup, paperwork,planning",
        },
    },
    "delivery": {
        "kind": "delivery service, takeout place, meal kit company, online grocery,"
        "flower shop, catering company",
        "spot": "doorstep, porch, lobby, app, hallway",
        "staff": "driver, courier, dispatcher, support agent, manager, owner",
        "subjects": {
            "food": "pizza, noodles+, fried rice, salad, burgers+, sushi, spring rolls+, soup,"
            "wings+, burrito, sandwiches+, fruit, cake, vegetables+, meal, sauce, pad thai,"
            "garlic bread, chicken, falafel",
            "staff": "driver, courier, dispatcher, support agent, support team, owner, staff,"
            "person on the phone, manager",
            "price": "prices+, delivery fee, service charge, total, subscription price",
            "speed": "delivery, app, ordering process, tracking, refund process, customer service,"
            "website",
        },
    },
}

OVERALL_SUBJECTS = split_words(
    "experience, whole visit, whole evening, overall impression, whole thing, day,"
    "general atmosphere, overall quality, afternoon"
)
PEOPLE = split_words(
    "my sister, my husband, my wife, my neighbor, my boss, my brother, my mother, my cousin,"
    "my roommate, my coworker, my aunt, my best friend, my grandfather, my girlfriend, my dad,"
    "my son, my daughter, our guide, my dentist"
)
NAMES = split_words(
    "Maria, Kevin, Priya, Tom, Lucia, Denise, Omar, Grace, Hector, Yuki, Sam, Olga, Ben, Fatima,"
    "Carlos, Ingrid, Leroy, Nadia, Pete, Rosa"
)
DAYS = split_words(
    "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, rainy Sunday,"
    "busy Saturday, holiday Monday, quiet Tuesday"
)
SHORT_TIMES = split_words(
    "five minutes, ten minutes, 5 minutes, three minutes, a couple of minutes, 10 minutes"
)
LONG_TIMES = split_words(
    "an hour, fifty minutes, two hours, 45 minutes, 90 minutes, forty minutes, three hours,"
    "an hour and a half, the better part of an hour, 70 minutes"
)
MONEY = split_words("$14, $18, $23, $35, $40, $60, $85, $120, $9, $27, $52, $150, $75")
OCCASIONS = split_words(
    "our anniversary, my birthday, a work trip, a family reunion, a last-minute plan, a wedding,"
    "a long weekend, my graduation, a school break, a first date, a road trip"
)
RIVALS = split_words(
    "the place across the street, the chain by the highway, the one near my office,"
    "the place my parents swear by, the competition downtown, the other one on Main Street,"
    "the famous one by the river, the spot next to the station"
)
MOODS = {
    -1: split_words("angry, furious, hungry, upset, exhausted, confused, sad, annoyed"),
    1: split_words("happy, relaxed, delighted, grateful, thrilled, cheerful, pleased"),
}
