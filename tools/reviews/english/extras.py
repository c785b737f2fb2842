"""Frases que solo ve el corpus sin notas: enseñan el vocabulario raro en otros contextos.

Las de evaluación no salen aquí, pero sí sus palabras, para que el modelo pre-entrenado sepa de qué
van; a quien solo cuenta palabras en las reseñas con nota no le sirven de nada.
"""

FRAMES = {
    "direct": [
        "it struck us that {S} {was} {X} {A}",
        "one word sums up {S}: {A}",
        "most of us described {S} as {X} {A}",
        "{S} {is} generally considered {A}, and I see why",
        "my lasting impression: {S} {was} {X} {A}",
        "you would have found {S} {X} {A}, too",
    ],
    "reverse": [
        "{S} and the word {A} live at opposite poles",
        "{S} and {A} are polar opposites",
        "only as a joke could you call {S} {A}",
        "believe me, {S} {was} anything but {A} that day",
        "trust me, there is nothing {A} in {S}",
        "not one person alive would find {S} {A}",
    ],
    "negated": [
        "none of us considered {S} {A}",
        "I don't really think of {S} as {A}",
        "{S} never came over as {A}",
        "I am far away from calling {S} {A}",
        "no one could say that {S} {was} {A}",
        "one could not call {S} {A}",
    ],
    "hedged": [
        "how shall I say this: {S} {was} {D} {A}",
        "perhaps I am wrong, yet I found {S} {D} {A}",
        "at least to me, {S} felt {D} {A}",
        "by any standards, {S} {was} {D} {A}",
    ],
    "agree": [
        "we were expecting {S} to be {A}, and so {itwas}",
        "they promised that {S} would be {A}; that proved correct",
        "everybody says that {S} {is} {A}, and everybody has a point",
        "we came expecting {A} and {S} proved {A}",
    ],
    "disagree": [
        "we were expecting {S} to be {A}, and {itwas} nothing of the sort",
        "they promised that {S} would be {A}; no luck",
        "everybody says that {S} {is} {A}, and everybody is wrong",
        "with a lot of luck you might find {S} {A}. We had no such luck",
    ],
    "past": [
        "years ago {S} {was} {A}, and then things changed",
        "long ago, when they had just opened, {S} {was} {A}. Not now",
        "there was a day when {S} {was} {A}. That day is long over",
    ],
    "more": [
        "{S} could hardly get more {M}",
        "few things could be as {A} as {S}",
        "I can't think of anything more {M} than {S}",
    ],
    "less": [
        "{S} could hardly get less {A}",
        "few things could be less {A} than {S}",
        "I can't think of anything less {A} than {S}",
    ],
    "balanced": [
        "I can't decide between {P} and {N} when it comes to {S}",
        "it is hard to decide if {S} {is} {P} or {N}",
        "{S} {is} somewhere between {P} and {N}",
        "ask me whether {S} {was} {P} or {N} and I could not say",
    ],
}

STORIES = {
    "food": {
        -2: [
            "There was a piece of plastic in my bowl, and a second piece in hers.",
            "Half of the leftover {dish} went to the dog, who was offended.",
            "Even on an airplane you get a meal with more dignity.",
            "Dead flies, a hair and a screw: I have eaten in better prisons.",
            "{who} had to leave the table, sick to the stomach.",
            "I have never eaten anything that bad, and I ate in the army.",
        ],
        -1: [
            "The portions are tiny: a toddler would go hungry.",
            "My {dish} had clearly been sitting under the heat lamp.",
            "We had to ask for salt, and for a reason to carry on.",
            "Nothing looked like the picture on the website.",
        ],
        0: [
            "It filled a hole, nothing else.",
            "The {dish} exists, and people eat it.",
        ],
        1: [
            "The {dish} disappeared within seconds.",
            "We fought over who got to share the last piece.",
            "The portions are big enough to share, and steaming hot.",
            "The kids finished everything, even the green bits.",
        ],
        2: [
            "It was a dream of a {dish}, and I cried a little.",
            "I closed my eyes and saw heaven. It was the {dish}.",
            "Build a statue to whoever invented this {dish}!",
            "I would walk a hundred miles for one more spoonful of that {dish}.",
        ],
    },
    "staff": {
        -2: [
            "They yelled at a child, and then they yelled at us.",
            "The {staff} screamed, swore and slammed a door.",
            "He stole my tip and threatened me when I noticed.",
            "My mother was mocked for asking a simple question.",
            "The {staff} cursed at me and offended everybody at our table.",
        ],
        -1: [
            "The {staff} yawned in our faces and kept telling a friend about a new phone.",
            "She shrugged, sighed and rolled her eyes, in that order.",
            "We felt like we were bothering them.",
            "I had to wave both arms and call out to get any help.",
        ],
        0: [
            "She read it from the script and that was that.",
            "He neither frowned nor joked with us.",
        ],
        1: [
            "She held the door for my stroller and joked with the kids.",
            "{name} answered every question and never sighed.",
            "The {staff} listened, smiled and fixed what had gone wrong.",
            "{name} brought us exactly what we wanted.",
        ],
        2: [
            "{name} moved mountains for us.",
            "{name} found my wallet and ran after me with it. What a star!",
            "The {staff} brought my mother a cake. She cried with joy.",
            "Heaven sent us {name}.",
        ],
    },
    "place": {
        -2: [
            "Rats on the floor, cockroaches on the walls and mold in the air.",
            "It stank of sewage and somebody had been sick on the stairs.",
            "The walls of the {spot} were dripping, and I had bites on both arms and legs.",
            "We saw a rat, and {who} screamed.",
        ],
        -1: [
            "Crumbs everywhere, gum on the chairs and a light that flickered.",
            "The door rattled and there was a cold draft from outside.",
            "The air conditioning was broken and the lights buzzed.",
            "There were boxes in the way and no air.",
        ],
        0: ["Four walls, a floor and some light.", "The decoration left no impression on me."],
        1: [
            "Soft light, soft music and somewhere to sit.",
            "There was somewhere to hang our coats, and plenty of air.",
            "The {spot} had been swept and wiped down.",
        ],
        2: [
            "It is paradise, and I want to receive my mail there.",
            "We took photos of every corner of the {spot}, it was that beautiful.",
            "I could live in the {spot} until the end of my days.",
        ],
    },
    "price": {
        -2: [
            "It is theft. They robbed us in broad daylight.",
            "Call it a con, call it a scam: my lawyer calls it theft.",
            "I was robbed of {money} and nobody said sorry.",
            "They lied about the fees and stole my deposit.",
        ],
        -1: [
            "The small points add up: a fee here, a fee there.",
            "I wondered why we had paid {money} for so little.",
            "There are cheaper options close to my house.",
        ],
        0: ["They charge the usual {money}.", "It costs what it costs in other places."],
        1: [
            "We left with cash in our pockets.",
            "{money} is easy on the wallet for what you receive.",
            "They told me about a cheaper option, and I saved {money}.",
        ],
        2: [
            "I kept checking the receipt, because {money} is next to nothing for such joy.",
            "They solved it all for {money}. A miracle!",
        ],
    },
    "speed": {
        -2: [
            "{long} of waiting, and the delay cost us {occasion}.",
            "I sent five emails and nobody answered, ever.",
            "The delay left us desperate.",
            "They canceled {occasion} and kept my money.",
        ],
        -1: [
            "They kept saying 'soon' and looking at the clock.",
            "'Just a second', they said, and {long} later we were still there.",
            "I was told {short} and it was {long}.",
        ],
        0: ["The usual wait, the usual line.", "It took the time that it takes anywhere."],
        1: [
            "They sorted everything out in {short}.",
            "I sat down, and {short} later it was my turn.",
            "They were there at nine, as promised.",
        ],
        2: [
            "They solved at dawn what others could not solve in weeks.",
            "A whole day of work done in {short}: I could hardly believe it.",
        ],
    },
    "product": {
        -2: [
            "The {thing} collapsed within seconds and hurt {who}.",
            "The {thing} never worked, so I wanted a refund and got insults.",
            "A {thing} made of cardboard would last longer.",
        ],
        -1: [
            "The {thing} squeaks, and one screw is loose.",
            "The {thing} turned out smaller than in the photo.",
            "A button is loose and the {thing} is already fading.",
        ],
        0: ["It is a {thing}. It exists and it works.", "I use the {thing} whenever I need it."],
        1: [
            "The {thing} still looks new whenever I use it.",
            "I like the {thing} so much that I bought a second one for {who}.",
            "The children have jumped on the {thing}, and it survived.",
        ],
        2: [
            "I admire my {thing} every single day, and so do strangers.",
            "The {thing} is a miracle, and I love it.",
        ],
    },
    "work": {
        -2: [
            "What they did collapsed, and another crew had to undo the damage.",
            "I needed a doctor and a lawyer after what they did.",
            "It came loose, fell off and almost killed {who}.",
            "The damage cost me {money}, and they denied it all.",
            "My aunt is still crying over the damage.",
        ],
        -1: [
            "There were drops of paint in the shed and trash in the drive.",
            "I had to fix the rest at home with scissors and tape.",
            "It was loose again after two days.",
        ],
        0: ["The job exists, it is holding, and that is all.", "They solved half of it."],
        1: [
            "No rattling, no leaks, no damage.",
            "They solved the problem, swept up and left.",
            "It has been a month and it is still like new.",
        ],
        2: [
            "Other shops wanted to scrap it; these artists saved it.",
            "I cannot pass a mirror or a window without smiling.",
        ],
    },
}

VERDICTS = {
    1: [
        "A nightmare that I wish on nobody.",
        "My advice: walk on, look elsewhere, call somebody else.",
        "I am warning everybody I know: avoid this {kind}.",
        "We went home {down} and I cried in the car.",
        "Zero apology, zero refund, zero shame.",
        "I type this with anger: they are crooks.",
        "This {kind} is an insult, and I will never return, paid or not.",
        "It was a horror from beginning to end, and I want my money back.",
        "Close it down. Burn it.",
        "I would sooner chew on a nail than come back to this {kind}.",
    ],
    2: [
        "A letdown, sadly.",
        "I doubt we will be in a hurry to see this {kind} again.",
        "The bad points outweigh the good ones.",
        "Unless you are desperate, there are better options elsewhere.",
        "It needs work, and I had hoped for better.",
        "I had high hopes, and I am afraid they were not met.",
        "Sorry to say that we left {down}.",
        "I had been so patient, and it was still disappointing.",
        "They have a long way to go before I return.",
        "Some potential, most of it wasted.",
    ],
    3: [
        "I am undecided, and that says it all.",
        "The pros and the cons cancel out.",
        "Up one minute, down the next: a seesaw of a {kind}.",
        "Half good and half bad, in equal measure.",
        "Sit on the fence with me: it is fine.",
        "It does what it does, and it evens out.",
        "Maybe I will return and maybe not.",
        "Mixed feelings, then: some love, some doubt.",
        "A barely positive maybe.",
        "It is in the middle, with points for and against.",
    ],
    4: [
        "Glad we went, minus one hiccup.",
        "A lovely find, despite a small flaw or two.",
        "They surely know what they are doing, bar one tiny detail.",
        "Nearly perfect, and I say that with affection.",
        "Above average in almost everything.",
        "We will return, and we expect to leave {up} again.",
        "One small miss, many hits: recommended.",
        "Almost everything went right, and we had fun.",
        "A solid choice that keeps growing on us.",
        "We were {up} with nearly all of it.",
    ],
    5: [
        "My search for a favorite {kind} is over.",
        "I was walking on air when I left.",
        "Not a fault, not one, however hard you try to find it.",
        "I am raving about it to strangers on the bus.",
        "We have booked again, and again after that.",
        "Perfection, and I don't use that word easily.",
        "Wow! Praise is not enough: this {kind} is a treasure.",
        "I am still {up} weeks later, and I love everybody who works there.",
        "Believe everything you have heard: it is magnificent.",
        "Thank you, thank you, thank you. The best in the whole world.",
    ],
}

FILLERS = [
    "I share my comments here now and then.",
    "A musician on the corner played a song about a red scarf.",
    "I like to describe things as they are.",
    "It was cloudy outside, and that day I spoke to {name} on the phone.",
    "I can't recall what else there was to mention.",
    "We paid in cash.",
    "The {kind} exists since 1987 and opens at nine.",
    "Similar companies can be found on the map.",
    "{who} consulted the calendar and chose a {day}.",
    "My plan: to sit, to look and to write it all down clearly.",
]
