"""Of a reply, the author's own words are kept and nothing else: a table of what mail programs really write."""

from __future__ import annotations

import pytest

from notifications.html_text import text_of
from notifications.quoting import said_in

OWN = "Bonjour Inès,\n\nJe l'ai eue au téléphone, rendez-vous mardi."

REPLIES = {
    "Gmail": """{own}

Le mar. 2 févr. 2027 à 10:15, Inès Morvan <reponse+ab12@reponses.example> a écrit :

> Bonjour Karim,
> Nadia attend votre réponse.
""",
    "Gmail, wrapped": """{own}

Le mar. 2 févr. 2027 à 10:15, Inès Morvan <
reponse+0123456789abcdef0123456789abcdef@reponses.example> a
écrit :

> Bonjour Karim,
""",
    "Gmail, nothing marked": """{own}

Le mar. 2 févr. 2027 à 10:15, Inès Morvan <ines@roubaix.example> a écrit :

Bonjour Karim,
Nadia attend votre réponse.
""",
    "Gmail, in English": "{own}\n\nOn Tue, Feb 2, 2027 at 10:15 AM Inès Morvan <ines@roubaix.example> wrote:\n\n> Bonjour\n",
    "iPhone": """{own}

Envoyé de mon iPhone

> Le 2 févr. 2027 à 10:15, Inès Morvan <ines@roubaix.example> a écrit :
>
> \ufeffBonjour Karim,
> Nadia attend votre réponse.
""",
    "Apple Mail": """{own}

> Le 2 févr. 2027 à 10:15, Inès Morvan <ines@roubaix.example> a écrit :
>
> Bonjour Karim,
""",
    "Thunderbird": "{own}\n\nLe 02/02/2027 à 10:15, Inès Morvan a écrit :\n> Bonjour Karim,\n> Nadia attend.\n",
    "Thunderbird, answered below": "Le 02/02/2027 à 10:15, Inès Morvan a écrit :\n> Bonjour Karim,\n> Nadia attend.\n\n{own}\n",
    "Yahoo": "{own}\n\nLe mardi 2 février 2027 à 10:15:00 UTC+1, Inès Morvan <ines@roubaix.example> a écrit : \n\n Bonjour Karim,\n Nadia attend.\n",
    "Proton": """{own}

Envoyé avec la messagerie sécurisée Proton Mail.

Le mardi 2 février 2027 à 10:15, Inès Morvan <ines@roubaix.example> a écrit :

> Bonjour
""",
    "Outlook": """{own}

De : Inès Morvan <reponse+ab12@reponses.example>
Envoyé : mardi 2 février 2027 10:15
À : Karim Haddadi <karim@adie.example>
Objet : Nadia Brahimi, snack à Roubaix

Bonjour Karim,
""",
    "Outlook, in bold": """{own}

*De :* Inès Morvan <ines@roubaix.example>
*Envoyé :* mardi 2 février 2027 10:15
*À :* Karim Haddadi
*Objet :* Nadia Brahimi

Bonjour Karim,
""",
    "Outlook on the web": """{own}

________________________________
De : Inès Morvan <ines@roubaix.example>
Envoyé : mardi 2 février 2027 10:15
À : karim@adie.example
Objet : Nadia Brahimi

Bonjour Karim,
""",
    "Outlook for Android": """{own}

Obtenir Outlook pour Android<https://aka.ms/AAb9ysg>
________________________________
From: Inès Morvan <ines@roubaix.example>
Sent: Tuesday, February 2, 2027 10:15:00 AM
To: karim@adie.example
Subject: Nadia Brahimi

Bonjour Karim,
""",
    "Outlook 2010": "{own}\n\n-----Message d'origine-----\nDe : Inès Morvan\nEnvoyé : mardi 2 février 2027\nÀ : Karim\nObjet : Nadia\n\nBonjour\n",
    "Orange": """{own}

> Message du 02/02/27 10:15
> De : "Inès Morvan" <ines@roubaix.example>
> A : karim.haddadi@orange.example
> Copie à :
> Objet : Nadia Brahimi, snack à Roubaix
>
> Bonjour Karim,
""",
    "Orange, not marked": """{own}

Envoyé depuis l'application Mail Orange

--------
De : Inès Morvan <ines@roubaix.example>
Date : 2 févr. 2027 10:15
À : karim.haddadi@orange.example
Objet : Nadia Brahimi

Bonjour Karim,
""",
    "La Poste": """{own}

De: "Inès Morvan" <ines@roubaix.example>
À: "karim haddadi" <karim.haddadi@laposte.example>
Envoyé: Mardi 2 Février 2027 10:15:23
Objet: Nadia Brahimi, snack à Roubaix

Bonjour Karim,
""",
    "Free (Zimbra)": """{own}

----- Mail original -----
De: "Inès Morvan" <ines@roubaix.example>
À: "karim" <karim@free.example>
Envoyé: Mardi 2 Février 2027 10:15:23
Objet: Nadia

Bonjour
""",
    "Samsung": """{own}

Envoyé depuis mon appareil Galaxy

-------- Message d’origine --------
De : Inès Morvan <ines@roubaix.example>
Date : 02/02/2027 10:15 (GMT+01:00)
À : karim@adie.example
Objet : Nadia

Bonjour
""",
    "a signature after two dashes": "{own}\n\n-- \nKarim Haddadi\nConseiller, Adie Roubaix\n06 39 98 00 44\n",
    "a notice of confidentiality": "{own}\n\nCe message et ses pièces jointes peuvent contenir des informations confidentielles et ne doivent pas être diffusés.\n",
    "an anti-virus": "{own}\n\nSans virus.www.avast.com <https://www.avast.example/sig-email>\n",
    "nothing but words": "{own}\n",
    "Windows line ends": "{own}\r\n\r\nLe 02/02/2027 à 10:15, Inès Morvan a écrit :\r\n> Bonjour\r\n",
}


@pytest.mark.parametrize("program", REPLIES)
def test_only_the_authors_own_words_are_kept(program: str) -> None:
    assert said_in(REPLIES[program].replace("{own}", OWN), "Karim Haddadi") == OWN


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("C'est noté.\n\nCordialement,\n\nKarim Haddadi\nConseiller\n06 39 98 00 44", "C'est noté.\n\nCordialement,"),
        ("Oui.\nBien à vous\nHADDADI Karim\nAdie, antenne de Roubaix\nwww.adie.example", "Oui.\nBien à vous"),
        ("Oui.\nMerci\nRappelez-la après 14 h.", "Oui.\nMerci\nRappelez-la après 14 h."),
        ("Cordialement\nKarim\nPS : elle préfère le matin", "Cordialement\nKarim\nPS : elle préfère le matin"),
        ("Cordialement\nKarim\nEst-ce urgent ?", "Cordialement\nKarim\nEst-ce urgent ?"),
    ],
)
def test_a_signature_begins_with_the_authors_name_after_a_closing_formula(written: str, kept: str) -> None:
    assert said_in(written, "Karim Haddadi") == kept


@pytest.mark.parametrize(
    "words",
    [
        "Le devis est à 12 000 €.\nDe : 9 h à 12 h, elle est à la boutique.",
        "À : voir avec le bailleur.\nObjet : le bail.",
        "Le 2 février elle a écrit au bailleur : sans réponse.",
        "On attend le devis.\nLe dossier est à revoir.",
        "Envoyé hier.",
        "- premier point\n- second point",
    ],
)
def test_ordinary_sentences_are_not_taken_for_a_quoted_mail(words: str) -> None:
    assert said_in(words, "Karim Haddadi") == words


def test_answers_between_the_quoted_lines_are_kept() -> None:
    mail = "Le 02/02/2027 à 10:15, Inès Morvan a écrit :\n> Avez-vous appelé ?\n\nOui, hier.\n\n> Un rendez-vous ?\n\nMardi.\n"

    assert said_in(mail, "Karim Haddadi") == "Oui, hier.\n\nMardi."


PAGES = {
    "Gmail": """<div dir="ltr">Je l'ai eue.<div>Mardi.</div></div><br>
        <div class="gmail_quote gmail_quote_container"><div class="gmail_attr">Le mar. 2 févr. a écrit :</div><blockquote>Bonjour</blockquote></div>""",
    "Outlook": """<html><head><style>p{margin:0}</style></head><body><p class="MsoNormal">Je l&#8217;ai eue.</p><p>Mardi.</p>
        <div id="divRplyFwdMsg"><b>De :</b> Inès</div><div>Bonjour</div></body></html>""",
    "Outlook, from a telephone": """<div>Je l’ai eue.</div><div>Mardi.</div><div id="ms-outlook-mobile-signature">Outlook pour iOS</div>
        <div id="mail-editor-reference-message-container">Bonjour</div>""",
    "Apple": """<html><body>Je l’ai eue.<div>Mardi.</div><br><div>Envoyé de mon iPhone</div><br>
        <blockquote type="cite">Le 2 févr. a écrit :<br>Bonjour</blockquote></body></html>""",
    "Yahoo": """<div>Je l’ai eue.<br>Mardi.</div><div class="yahoo_quoted"><div>Le mardi a écrit :</div>Bonjour</div>""",
    "Thunderbird": """<p>Je l’ai eue.</p><p>Mardi.</p><div class="moz-cite-prefix">Le 02/02 a écrit :<br></div>
        <blockquote type="cite"><p>Bonjour</p></blockquote>""",
    "unclosed tags": "<div><p>Je l’ai eue.<p>Mardi.<script>alert(1)</script>",
}


@pytest.mark.parametrize("program", PAGES)
def test_a_mail_that_has_only_its_html_form_is_read_all_the_same(program: str) -> None:
    lines = said_in(text_of(PAGES[program]), "Karim").replace("’", "'").split("\n")

    assert [line for line in lines if line] == ["Je l'ai eue.", "Mardi."]
