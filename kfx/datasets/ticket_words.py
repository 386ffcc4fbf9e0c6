"""The sentences in plain English that `kfx.datasets.tickets` joins to support tickets.

A word in braces is a slot of `SLOTS`; one ticket fills it with the same word everywhere. No real person wrote any of this.
"""

SLOTS = {
    "product": ("camera", "printer", "headset", "monitor", "router", "keyboard", "speaker", "tablet"),
    "plan": ("basic plan", "family plan", "team plan", "yearly plan"),
    "page": ("start page", "orders page", "settings page", "reports page", "checkout"),
    "device": ("phone", "laptop", "old tablet", "work computer"),
    "browser": ("Firefox", "Chrome", "Safari", "Edge"),
    "amount": ("9", "19", "29", "49", "99", "199"),
    "days": ("two", "three", "four", "five", "six", "ten"),
    "month": ("January", "March", "April", "June", "August", "October", "December"),
    "city": ("Busan", "Seoul", "Lyon", "Oslo", "Lima", "Austin", "Leeds"),
    "name": ("Ana", "Ben", "Chloe", "Daniel", "Eunji", "Farid", "Grace", "Haruto"),
    "colleague": ("Ines", "Jonas", "Kavya", "Leo", "Mina", "Noah"),
}

TITLES = {
    "billing": (
        "Charged twice for the {plan}",
        "Wrong amount on my {month} invoice",
        "Refund for the {product}",
        "Card refused when paying {amount} dollars",
        "Where is my invoice for {month}?",
        "Please cancel the {plan}",
    ),
    "technical": (
        "{product} does not start",
        "The {page} shows an error in {browser}",
        "App crashes on my {device}",
        "{product} loses its connection",
        "Update of the {product} failed",
        "The {page} is very slow",
    ),
    "shipping": (
        "Parcel to {city} has not arrived",
        "Wrong {product} delivered",
        "{product} arrived broken",
        "Change the delivery address to {city}",
        "Tracking number does not work",
        "When will my {product} be sent?",
    ),
    "account": (
        "Cannot log in on my {device}",
        "Reset my password",
        "Change the email address of my account",
        "Somebody else used my account in {city}",
        "Delete my account",
        "Add {colleague} to our {plan}",
    ),
}

BODIES = {
    "billing": (
        "My card was charged {amount} dollars two times in {month}.",
        "The invoice says {amount} dollars, but the {plan} costs less.",
        "I returned the {product} {days} weeks ago and the money has not come back.",
        "I moved from the {plan} to a smaller one and still pay the old price.",
        "The bank says that the payment went through, your site says it did not.",
        "I need an invoice with our company address for {month}.",
    ),
    "technical": (
        "The {product} worked until the last update, now only a red light blinks.",
        "In {browser} the {page} stays empty, on my {device} it works.",
        "The app closes as soon as I open the {page}.",
        "The {product} loses the wireless network every {days} minutes.",
        "I restarted the {device} and installed the driver again, nothing changed.",
        "An error message appears for a second, too short to read.",
    ),
    "shipping": (
        "The parcel has been in {city} for {days} days and does not move.",
        "I ordered a {product} and found a {product} of another colour in the box.",
        "The box was open and the {product} inside is broken.",
        "The driver wrote that nobody was at home, but I was.",
        "We are moving to {city}, please send the {product} there.",
        "The order was confirmed {days} days ago and nothing has been sent.",
    ),
    "account": (
        "The password is correct, it works on my {device}, but not here.",
        "The email with the link to reset the password never comes.",
        "I see a login from {city}, where I have never been.",
        "My phone is lost, so I cannot read the code that you send.",
        "{colleague} left our team, please remove that login.",
        "Two accounts were made with one email address, please join them.",
    ),
}

OPENINGS = ("Hello!", "Good morning!", "Hello team!", "Hi, {name} here.", "")
CLOSINGS = ("Thank you.", "Kind regards, {name}.", "Best wishes, {name}.", "Many thanks in advance, {name}.", "")

URGENT = (
    "This is urgent, please call me today.",
    "Our whole team cannot work since this morning.",
    "I need a solution immediately.",
    "We have a deadline tomorrow, so please hurry.",
)
CALM = (
    "There is no hurry.",
    "Whenever you find the time is fine.",
    "It is only a small thing.",
    "I can wait until next week.",
)

USUAL_TAGS = {  # the tags that a department's tickets carry more often than others do
    "billing": ("invoice", "refund", "subscription"),
    "technical": ("bug", "outage", "mobile"),
    "shipping": ("delivery", "return", "trial"),
    "account": ("login", "security", "mobile"),
}
