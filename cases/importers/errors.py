"""Why a whole file is refused. Each message is French, for the person who sent it, and says what to do."""

from __future__ import annotations

from typing import ClassVar, Final

from cases.errors import CasesError
from engine.sentences import say

MAX_BYTES: Final = 10 * 1024 * 1024
"""Size of the file as it is sent."""
MAX_UNCOMPRESSED_BYTES: Final = 50 * 1024 * 1024
"""Size of a workbook once unpacked."""
MAX_ROWS: Final = 20_000
"""Lines under the header."""
MAX_COLUMNS: Final = 100


class ImportFileRefused(CasesError):
    """The file cannot be imported at all, and nothing was read from it: the root of all such refusals."""

    code: ClassVar[str] = "file_refused"
    message: ClassVar[str] = "Ce fichier ne peut pas être lu : envoyez un tableau CSV, XLSX ou ODS."

    def __init__(self, message: str | None = None) -> None:
        self.sentence = message or self.message
        super().__init__(self.sentence)


class FileTooBig(ImportFileRefused):
    """The file weighs more than `MAX_BYTES`."""

    code = "file_too_big"
    message = "Ce fichier dépasse 10 Mo : retirez les images ou coupez-le en plusieurs fichiers."


class FileEmpty(ImportFileRefused):
    """There is not one filled cell in the file."""

    code = "file_empty"
    message = "Ce fichier est vide : vérifiez que c’est le bon, puis envoyez-le de nouveau."


class HeaderOnly(ImportFileRefused):
    """There is a header, and nothing under it."""

    code = "header_only"
    message = "Ce fichier n’a qu’une ligne d’en-tête : ajoutez au moins une ligne en dessous."


class NotASpreadsheet(ImportFileRefused):
    """The content is no table: a picture, a PDF, a text document, a program."""

    code = "not_a_spreadsheet"
    message = "Ce fichier n’est pas un tableau : envoyez un fichier CSV, XLSX ou ODS."


class OldExcelFile(ImportFileRefused):
    """The file has the format of Excel before 2007, or its binary format."""

    code = "old_excel_file"
    message = "Ce fichier est dans un ancien format d’Excel : enregistrez-le au format XLSX, puis renvoyez-le."


class PasswordProtected(ImportFileRefused):
    """A password is needed to open the workbook."""

    code = "password_protected"
    message = "Ce fichier est protégé par un mot de passe : retirez le mot de passe, puis envoyez-le de nouveau."


class WorkbookDamaged(ImportFileRefused):
    """The workbook was cut on the way, or was not made by a spreadsheet program."""

    code = "workbook_damaged"
    message = "Ce classeur est abîmé : ouvrez-le dans votre tableur, enregistrez-le de nouveau et renvoyez-le."


class WorkbookTooBig(ImportFileRefused):
    """Once unpacked the workbook is over `MAX_UNCOMPRESSED_BYTES`, or has far too many parts."""

    code = "workbook_too_big"
    message = "Ce classeur est trop gros une fois ouvert : gardez la feuille du repérage et enregistrez-la en CSV."


class TooManyRows(ImportFileRefused):
    """A sheet has more than `MAX_ROWS` lines under its header."""

    code = "too_many_rows"
    message = "Ce fichier dépasse 20 000 lignes : gardez la feuille du repérage, ou coupez-la en plusieurs fichiers."


class TooManyColumns(ImportFileRefused):
    """A sheet has a filled cell beyond `MAX_COLUMNS`."""

    code = "too_many_columns"
    message = "Ce fichier dépasse 100 colonnes : ne gardez que celles du repérage."


class UnreadableText(ImportFileRefused):
    """The bytes of a CSV file are not text in any writing that we know."""

    code = "unreadable_text"
    message = "Les lettres de ce fichier sont illisibles : enregistrez-le au format « CSV UTF-8 » ou XLSX."


class QuoteLeftOpen(ImportFileRefused):
    """A cell of a CSV file opens a quotation mark that swallows the lines below it."""

    code = "quote_left_open"
    message = "Un guillemet est ouvert et jamais refermé : refermez-le ou effacez-le, puis renvoyez le fichier."

    @classmethod
    def at(cls, line: int) -> QuoteLeftOpen:
        """The same refusal, naming the line (the header is line 1) where the quotation mark opens."""
        return cls(
            say(
                "Ligne {line} : un guillemet est ouvert et jamais refermé. Corrigez-le, puis renvoyez le fichier.",
                line=line,
            )
        )


class NobodyNamed(ImportFileRefused):
    """No column says the name of the business or of the person."""

    code = "nobody_named"
    message = (
        "Aucune colonne ne dit le nom : écrivez « Enseigne » ou « Nom » au-dessus de la bonne colonne, "
        "sur la première ligne de la première feuille."
    )
