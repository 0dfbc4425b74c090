"""Who and what the demo is made of, all invented: addresses end in .example, and telephone numbers are those reserved for fiction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from engine.model import Role

TERRITORY: Final = "roubaix"
INSEE: Final = "59512"


@dataclass(frozen=True, slots=True)
class Player:
    """A person of the demo: a key, a name, a role and where it holds."""

    key: str
    name: str
    role: Role
    branch: str | None = None
    says: str = ""
    """What is said of them where one signs in."""

    @property
    def email(self) -> str:
        """An address that reaches nobody."""
        first, last = self.name.lower().translate(_PLAIN).split(" ", 1)
        return f"{first}.{last.replace(' ', '-')}@{(self.branch or TERRITORY).replace(' ', '-')}.example"


@dataclass(frozen=True, slots=True)
class Office:
    """A branch of the demo: its operator's slug, what it is like, and its offers."""

    key: str
    operator: str
    name: str
    capacity: int
    covers: tuple[tuple[str, str | None], ...]
    offers: tuple[dict[str, Any], ...]
    languages: tuple[str, ...] = ("fr",)
    step_free: bool | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """A kind of shop: its words, its NAF code, its size, and what it needs."""

    names: tuple[str, ...]
    sign: str
    """What stands before the owner's name on the other shops of this kind."""
    activity: str
    naf: str
    headcount: int
    needs: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Subject, axis and levers."""
    amounts: tuple[int, ...] = field(default=())


_PLAIN: Final = str.maketrans("éèêëàâîïôöùûüç’'", "eeeeaaiioouuuc--")

QUARTIERS: Final = (
    ("QN05991Z", "Les Tisserands"),
    ("QN05992Z", "La Navette"),
    ("QN05993Z", "Le Fil-de-l’Eau"),
    ("QN05994Z", "Les Métiers"),
    ("QN05995Z", "La Grande-Filature"),
)
"""Fictional quartiers: their contours are in `cases/reference/quartiers-fictifs.geojson`."""

PLAYERS: Final = (
    Player("ines", "Inès Morvan", Role.ADVISER, says="Conseillère locale, quartier par quartier"),
    Player("hugo", "Hugo Lestrade", Role.ADVISER, says="Conseiller local, commerces du centre"),
    Player("nour", "Nour Belvaux", Role.ADVISER, says="Conseillère locale, création d’entreprise"),
    Player("paul", "Paul Verdanne", Role.ADVISER, says="Conseiller local, absent : Inès le remplace"),
    Player("maud", "Maud Delattaye", Role.MANAGER, says="Responsable du territoire"),
    Player("yann", "Yann Corbinelle", Role.MANAGER, says="Responsable adjoint du territoire"),
    Player("karim", "Karim Haddour", Role.OPERATOR, "adie", "Conseiller Adie"),
    Player("claire", "Claire Vassevelle", Role.OPERATOR_MANAGER, "adie", "Responsable de l’antenne Adie"),
    Player("solene", "Solène Rigaudin", Role.OPERATOR, "initiative", "Chargée de mission Initiative"),
    Player("lucie", "Lucie Ferrandon", Role.OPERATOR, "bge", "Conseillère BGE"),
    Player("denis", "Denis Aubrelle", Role.OPERATOR, "cma", "Conseiller CMA, transition écologique"),
    Player("farah", "Farah Nassibi", Role.OPERATOR, "cci", "Conseillère CCI, numérique"),
    Player("luc", "Luc Tessenne", Role.OPERATOR, "france-active", "Chargé de financement France Active"),
    Player("odile", "Odile Marchenoir", Role.OPERATOR, "ville", "Manager de commerce de la ville"),
    Player("jeanne", "Jeanne Aldebert", Role.MENTOR, says="Mentore, ancienne restauratrice"),
    Player("samuel", "Samuel Orvault", Role.MENTOR, says="Mentor, gérant d’un garage"),
    Player("brigitte", "Brigitte Kerlann", Role.MENTOR, says="Mentore, comptable à la retraite"),
    Player("alice", "Alice Programmier", Role.ADMIN, says="Administratrice du programme"),
    Player("victor", "Victor Observatte", Role.OBSERVER, says="Préfecture : chiffres d’ensemble"),
)
ADVISERS: Final = ("ines", "hugo", "nour", "paul")
MENTORS: Final = ("jeanne", "samuel", "brigitte")
ABSENT, SUBSTITUTE = "paul", "ines"

_TOWN, _DEPARTEMENT, _REGION = ("commune", INSEE), ("departement", "59"), ("region", "32")
OFFICES: Final = (
    Office("adie", "adie", "Adie, antenne de Roubaix", 7, (_TOWN, ("quartier", "QN05991Z"), ("quartier", "QN05992Z")), (
        {"name": "Prêt Jump", "aid": "adie-jump", "kind": "funding", "scope": "qpv", "axes": ["entrepreneurship", "local_trade"],
         "needs": ["funding", "cash_flow", "legal_status"], "eligibility": {"headcount_max": 10, "amount_max": 15000, "qpv_required": True}},
        {"name": "Microcrédit professionnel", "aid": "adie-microcredit", "kind": "funding", "scope": "common_law", "axes": ["entrepreneurship", "local_trade"],
         "needs": ["funding", "cash_flow"], "eligibility": {"headcount_max": 10, "amount_max": 12000}},
    ), ("fr", "ar"), True),
    Office("initiative", "initiative-france", "Initiative, plateforme de Roubaix", 6, (_TOWN,), (
        {"name": "Prêt d’honneur Quartier", "aid": "ph-quartier", "kind": "funding", "scope": "qpv", "axes": ["entrepreneurship", "local_trade"],
         "needs": ["funding", "premises", "hiring"], "eligibility": {"amount_min": 1000, "amount_max": 15000}},
    ), ("fr",), True),
    Office("bge", "bge", "BGE Hauts-de-France, Roubaix", 6, (_DEPARTEMENT,), (
        {"name": "Appui à la gestion", "kind": "advice", "scope": "common_law", "axes": ["entrepreneurship", "local_trade"],
         "needs": ["management", "legal_status", "marketing_training", "funding", "hiring"], "eligibility": {}},
    ), ("fr", "en"), True),
    Office("cma", "cma", "CMA Hauts-de-France, Lille", 6, (_REGION,), (
        {"name": "Diagnostic énergie et déchets", "aid": "diag-eco-cma-cci", "kind": "advice", "scope": "common_law", "axes": ["local_trade"],
         "levers": ["ecological"], "needs": ["energy", "waste"], "eligibility": {"naf_only": ["10", "43", "56", "96", "95"]}},
        {"name": "Diagnostic numérique artisan", "aid": "diag-num", "kind": "advice", "scope": "common_law", "axes": ["local_trade"],
         "levers": ["digital"], "needs": ["online_presence", "management"], "eligibility": {"naf_only": ["10", "43", "56", "96", "95"]}},
    )),
    Office("cci", "cci", "CCI Grand Lille", 8, (("epci", "200093201"),), (
        {"name": "Diagnostic numérique commerce", "aid": "diag-num", "kind": "advice", "scope": "common_law", "axes": ["local_trade", "productive_activities"],
         "levers": ["digital"], "needs": ["online_presence", "management"], "eligibility": {"siret_required": True}},
        {"name": "Visite énergie commerce", "aid": "tpe-gagnantes", "kind": "advice", "scope": "common_law", "axes": ["local_trade", "productive_activities"],
         "levers": ["ecological"], "needs": ["energy", "waste"], "eligibility": {"siret_required": True, "naf_except": ["10", "56"]}},
    ), ("fr", "en"), True),
    Office("france-active", "france-active", "France Active, métropole", 5, (("epci", "200093201"),), (
        {"name": "Garantie bancaire, volet quartiers", "aid": "fa-garantie", "kind": "funding", "scope": "qpv",
         "axes": ["entrepreneurship", "local_trade", "productive_activities"], "needs": ["funding"],
         "eligibility": {"siret_required": True, "amount_min": 15000}},
    ), ("fr",), False),
    Office("ville", "ville", "Boutique à l’essai, ville de Roubaix", 4, (_TOWN,), (
        {"name": "Recherche de local en quartier", "kind": "premises", "scope": "qpv", "axes": ["local_trade"],
         "needs": ["premises", "shop_front"], "eligibility": {"qpv_required": True}},
    ), ("fr",), True),
)  # fmt: skip
"""No branch works on workshops for productive activities: the gap in the offer that the demo shows."""

_FUNDING: Final[tuple[str, str, tuple[str, ...]]] = ("funding", "local_trade", ())
SHOPS: Final = (
    Shop(("Le Snack du Métier", "Chez Farida", "La Bonne Marmite", "Le Comptoir d’Anouk", "Saveurs du Nord", "Le Petit Couscous"),
         "Snack", "Restauration rapide", "56.10C", 2,
         (_FUNDING, ("energy", "local_trade", ("ecological",))), (8000, 12000, 14000)),
    Shop(("Primeurs du Canal", "Les Halles d’Aziz", "Fruits de la Navette", "Au Panier Vert"), "Primeurs", "Primeur", "47.21Z", 2,
         (_FUNDING, ("waste", "local_trade", ("ecological",)), ("cash_flow", "local_trade", ())), (6000, 12000)),
    Shop(("Épicerie du Coin", "Alimentation du Fil", "L’Épicerie d’Awa", "Le Bazar des Tisserands"), "Épicerie", "Épicerie", "47.11B", 1,
         (("cash_flow", "local_trade", ()), ("shop_front", "local_trade", ()), ("online_presence", "local_trade", ("digital",))), (3000, 5000)),
    Shop(("Coiffure Mélisande", "Barber du Canal", "Studio Nadège", "L’Atelier du Cheveu"), "Salon", "Coiffure", "96.02A", 1,
         (("online_presence", "local_trade", ("digital",)), _FUNDING, ("hiring", "entrepreneurship", ())), (4000, 9000)),
    Shop(("Boulangerie Ravel", "Fournil des Métiers", "Le Pain d’Élia"), "Boulangerie", "Boulangerie", "10.71C", 4,
         (("energy", "local_trade", ("ecological",)), _FUNDING, ("hiring", "entrepreneurship", ())), (15000, 22000)),
    Shop(("Plomberie Carrel", "Électricité Domart", "Peinture Okafor", "Rénov’Filature"), "Bâtiment", "Artisan du bâtiment", "43.22A", 2,
         (("management", "entrepreneurship", ("digital",)), ("funding", "entrepreneurship", ())), (7000, 15000)),
    Shop(("Couture Amina", "Retouches Lison", "Maille & Fil"), "Couture", "Couture et retouches", "95.29Z", 1,
         (("premises", "local_trade", ()), ("online_presence", "local_trade", ("digital",)), ("funding", "entrepreneurship", ())), (2500, 6000)),
    Shop(("Torréfaction Belleau", "Brasserie du Tissage", "Atelier bois Kessler"), "Atelier", "Petite production", "11.05Z", 3,
         (("workshop", "productive_activities", ()), ("funding", "entrepreneurship", ())), (18000, 25000)),
    Shop(("Informatique Solano", "Vélo-Fil", "Pressing des Métiers", "Librairie Pagès", "Fleurs de Lin"), "Maison", "Services et commerce", "47.76Z", 1,
         (("online_presence", "local_trade", ("digital",)), ("management", "entrepreneurship", ("digital",)), _FUNDING), (5000, 8000)),
    Shop(("Projet traiteur", "Projet salon de thé", "Projet garde d’enfants", "Projet friperie"), "Projet", "Création d’entreprise", "", 0,
         (("legal_status", "entrepreneurship", ()), ("premises", "local_trade", ()), ("funding", "entrepreneurship", ())), (4000, 8000)),
)  # fmt: skip

FIRST_NAMES: Final = (
    "Nadia", "Samir", "Amina", "Thierry", "Awa", "Mehdi", "Corinne", "Ibrahim", "Sylvie", "Youssef", "Mélanie", "Driss", "Fatou", "Bruno", "Leïla", "Kevin",
    "Rosa", "Malik", "Hélène", "Omar", "Sabrina", "Pascal", "Yasmine", "Jérôme", "Mariam", "Ludovic", "Zohra", "Cédric", "Aïcha", "Franck",
)  # fmt: skip
LAST_NAMES: Final = (
    "Saadi", "Tilmont", "Okafor", "Ravelin", "Belkheir", "Domart", "Carrelle", "Lisonne", "Abdellat", "Pagesse", "Kesslerin", "Toumi-Vasse", "Delorme-Bay",
    "Ngoma-Lys", "Haroun-Pré", "Vanderlys", "Morteau-Sy", "Zerrouq", "Castellin", "Diarrassou",
)  # fmt: skip
STREETS: Final = (
    "rue de la Navette",
    "rue du Tissage",
    "place des Métiers",
    "avenue du Canal",
    "rue de la Filature",
    "boulevard des Tisserands",
)
