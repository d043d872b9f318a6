"""Letters of invented people and companies, each with what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from adapters.post.reading.fields.ours import Ours
from adapters.post.reading.word import PageWords
from tests.adapters.post.reading.typesetting import Put, typeset

RECEIVED_ON = date(2026, 11, 12)
OURS = Ours(
    postcodes=frozenset(["4761 BM", "4760 AA"]),
    names=("Gemeente Zevenbergen",),
    domains=frozenset(["zevenbergen.example"]),
)
BODY = """Hierbij maak ik bezwaar tegen het besluit dat u op 14 oktober heeft genomen
over de lantaarnpaal bij mij voor de deur. Hij brandt al weken niet en het is
daar erg donker als de kinderen uit school komen. Ik verzoek u dit zo snel
mogelijk te laten herstellen. Ik hoor graag van u."""
ENGLISH = """I would like to ask you to repair the street light in front of our house.
It has been dark for three weeks now and the children walk there every day.
Please let me know when somebody will come and have a look at it."""
WINDOW = "Gemeente Zevenbergen\nPostbus 10\n4760 AA ZEVENBERGEN"


@dataclass(frozen=True)
class Letter:
    """What stands on the paper, and the truth."""

    name: str
    puts: list[Put]
    truth: dict[str, set[str]] = field(default_factory=dict)

    @property
    def pages(self) -> list[PageWords]:
        """Its words, well read."""
        return typeset(self.puts, seed=len(self.name))


def truth(**values: str | list[str]) -> dict[str, set[str]]:
    return {name: {value} if isinstance(value, str) else set(value) for name, value in values.items()}


TO_US = {"addressee": "Gemeente Zevenbergen", "addressee_kind": "organisation"}

LETTERS = [
    Letter(
        "resident",
        [
            Put(110, 60, "J. de Vries\nDorpsstraat 12\n4761 AB Zevenbergen"),
            Put(110, 170, WINDOW),
            Put(110, 270, "Zevenbergen, 3 november 2026"),
            Put(110, 320, "Betreft: bezwaar tegen besluit lantaarnpaal"),
            Put(110, 370, f"Geachte heer, mevrouw,\n\n{BODY}"),
            Put(110, 560, "Met vriendelijke groet,\n\n\nJ. de Vries"),
        ],
        truth(
            sender_name="J. de Vries", street="Dorpsstraat", house_number="12", postcode="4761 AB", city="Zevenbergen",
            written_on="2026-11-03", subject="bezwaar tegen besluit lantaarnpaal", signed_by="J. de Vries", **TO_US,
        ),
    ),
    Letter(
        "resident_address_below",
        [
            Put(110, 70, "Aan de gemeente Zevenbergen\nMarkt 1\n4761 BM Zevenbergen"),
            Put(600, 160, "Bergen op Zoom, 9-11-2026"),
            Put(110, 210, "Onderwerp: losse stoeptegels Kerkstraat 4, 4761 BB Zevenbergen"),
            Put(110, 260, f"Beste mensen,\n\n{BODY}"),
            Put(110, 470, "Groeten,\n\nFatima el Amrani\nKerkstraat 4-B\n4761 BB Zevenbergen\nTel. 06-12345678\nfatima.elamrani@post.example"),
        ],
        truth(
            sender_name="Fatima el Amrani", street="Kerkstraat", house_number="4", house_number_addition="B",
            postcode="4761 BB", city="Zevenbergen", written_on="2026-11-09", signed_by="Fatima el Amrani",
            subject="losse stoeptegels Kerkstraat 4, 4761 BB Zevenbergen", phone="+31612345678",
            email="fatima.elamrani@post.example", addressee="de gemeente Zevenbergen", addressee_kind="organisation",
        ),
    ),
    Letter(
        "company_letterhead_right",
        [
            Put(620, 50, "Bouwbedrijf De Wit B.V.\nIndustrieweg 44\n4762 AE Zevenbergen\nT 0168 123 456\ninfo@dewitbouw.example\nKvK 20123456\nwww.dewitbouw.example"),
            Put(110, 170, "Gemeente Zevenbergen\nt.a.v. afdeling Vergunningen\nPostbus 10\n4760 AA Zevenbergen"),
            Put(110, 280, "Datum:||10 november 2026\nOns kenmerk:||2026-0871/DW\nUw kenmerk:||Z/26/004512\nBetreft:||bouwhekken Stationsstraat"),
            Put(110, 390, f"Geachte heer/mevrouw,\n\n{BODY}"),
            Put(110, 580, "Hoogachtend,\n\n\nP. de Wit\ndirecteur"),
        ],
        truth(
            sender_name="Bouwbedrijf De Wit B.V.", street="Industrieweg", house_number="44", postcode="4762 AE",
            city="Zevenbergen", phone="+31168123456", email="info@dewitbouw.example", kvk="20123456",
            written_on="2026-11-10", their_reference="2026-0871/DW", our_reference="Z/26/004512",
            subject="bouwhekken Stationsstraat", signed_by="P. de Wit", addressee="afdeling Vergunningen",
            addressee_kind="organisation",
        ),
    ),
    Letter(
        "company_foot",
        [
            Put(110, 40, "Stichting Woonkwartier", 1.6),
            Put(110, 165, "Gemeente Zevenbergen\nT.a.v. mevrouw K. Jansen\nMarkt 1\n4761 BM Zevenbergen"),
            Put(110, 270, "Uw brief van||Uw kenmerk||Ons kenmerk||Datum\n14 oktober 2026||2026/1187||WK-55120||5 november 2026"),
            Put(110, 330, "Onderwerp||Renovatie flat Molenweg"),
            Put(110, 380, f"Geachte mevrouw Jansen,\n\n{BODY}"),
            Put(110, 570, "Met vriendelijke groet,\n\n\nM.A. van den Berg\nadviseur"),
            Put(70, 950, "Stichting Woonkwartier | Edisonstraat 5 | 4765 AT Zevenbergen | KvK 23456789\nIBAN NL91 ABNA 0417 1643 00 | Telefoon 0168-654321"),
        ],
        truth(
            sender_name="Stichting Woonkwartier", street="Edisonstraat", house_number="5", postcode="4765 AT",
            city="Zevenbergen", kvk="23456789", iban="NL91ABNA0417164300", phone="+31168654321", written_on="2026-11-05",
            our_reference="2026/1187", their_reference="WK-55120", subject="Renovatie flat Molenweg",
            signed_by="M.A. van den Berg", addressee="mevrouw K. Jansen", addressee_kind="person",
        ),
    ),
    Letter(
        "lawyer",
        [
            Put(600, 45, "Van Dam Advocaten\nmr. P. Smit\nHaven 7a\n4811 WL Breda\nTelefoon: 076 5123456\nE-mail: smit@vandamadvocaten.example\nDerdengelden: NL20 INGB 0001 2345 67"),
            Put(110, 175, "College van burgemeester en wethouders\nvan de gemeente Zevenbergen\nPostbus 10\n4760 AA ZEVENBERGEN"),
            Put(110, 265, "AANGETEKEND EN PER E-MAIL"),
            Put(110, 300, "Breda, 6 november 2026"),
            Put(110, 330, "Inzake: De Vries / gemeente Zevenbergen\nOns kenmerk: 20260334/PS/ab\nZaaknummer: 2026-001233"),
            Put(110, 400, f"Geacht college,\n\nNamens mijn cliente, mevrouw A. de Vries, stel ik u in gebreke.\n{BODY}"),
            Put(110, 620, "Hoogachtend,\n\n\nmr. P. Smit\nadvocaat"),
        ],
        truth(
            sender_name="Van Dam Advocaten", street="Haven", house_number="7", house_number_addition="a", postcode="4811 WL",
            city="Breda", phone="+31765123456", email="smit@vandamadvocaten.example", iban="NL20INGB0001234567",
            written_on="2026-11-06", subject="De Vries / gemeente Zevenbergen", their_reference="20260334/PS/ab",
            case_number="2026-001233", signed_by="mr. P. Smit",
            addressee="College van burgemeester en wethouders", addressee_kind="organisation",
        ),
    ),
    Letter(
        "english",
        [
            Put(620, 60, "Emma Clark\nStationsstraat 88\n4761 BS Zevenbergen\nPhone: +31 6 23456789\nemma.clark@post.example"),
            Put(110, 170, "Municipality of Zevenbergen\nMarkt 1\n4761 BM Zevenbergen"),
            Put(110, 260, "November 3, 2026"),
            Put(110, 300, "Re: Street light in Stationsstraat"),
            Put(110, 340, f"Dear Sir or Madam,\n\n{ENGLISH}"),
            Put(110, 480, "Yours sincerely,\n\n\nEmma Clark"),
        ],
        truth(
            sender_name="Emma Clark", street="Stationsstraat", house_number="88", postcode="4761 BS", city="Zevenbergen",
            phone="+31623456789", email="emma.clark@post.example", written_on="2026-11-03",
            subject="Street light in Stationsstraat", signed_by="Emma Clark", addressee="Municipality of Zevenbergen",
            addressee_kind="organisation",
        ),
    ),
    Letter(
        "envelope_council",
        [
            Put(60, 60, "Afz. H. Bakker, Molenweg 3, 4761 CD Zevenbergen"),
            Put(700, 60, "PostNL\n10.11.2026"),
            Put(420, 450, "PERSOONLIJK"),
            Put(420, 500, "De gemeenteraad van Zevenbergen\nMarkt 1\n4761 BM ZEVENBERGEN"),
        ],
        truth(
            sender_name="H. Bakker", street="Molenweg", house_number="3", postcode="4761 CD", city="Zevenbergen",
            posted_on="2026-11-10", marked="persoonlijk", addressee="De gemeenteraad van Zevenbergen", addressee_kind="council",
        ),
    ),
    Letter(
        "envelope_confidant",
        [
            Put(420, 430, "Persoonlijk en vertrouwelijk"),
            Put(420, 480, "Gemeente Zevenbergen\nT.a.v. de vertrouwenspersoon\nAntwoordnummer 12\n4760 AA Zevenbergen"),
        ],
        truth(
            marked=["persoonlijk", "vertrouwelijk"], addressee="de vertrouwenspersoon", addressee_kind="confidant",
        ),
    ),
    Letter(
        "envelope_person",
        [
            Put(80, 50, "Afzender:\nL. Peeters\nAkkerlaan 21\n4762 ZX Zevenbergen"),
            Put(430, 500, "De heer J. Timmermans\nGemeente Zevenbergen\nMarkt 1\n4761 BM Zevenbergen"),
            Put(430, 430, "VERTROUWELIJK"),
        ],
        truth(
            sender_name="L. Peeters", street="Akkerlaan", house_number="21", postcode="4762 ZX", city="Zevenbergen",
            marked="vertrouwelijk", addressee="De heer J. Timmermans", addressee_kind="person",
        ),
    ),
    Letter(
        "stamped",
        [
            Put(600, 120, "INGEKOMEN 12 NOV 2026"),
            Put(110, 60, "Dhr. S. Kaya\nZuidrand 101 hs\n4761 GK Zevenbergen"),
            Put(110, 170, WINDOW),
            Put(110, 265, "Datum: 11-11-2026"),
            Put(110, 290, "Betreft: reactie op brief 7K3M-9QXA-D"),
            Put(110, 340, f"Geachte mevrouw, heer,\n\n{BODY}"),
            Put(110, 540, "Met vriendelijke groeten,\n\n\nS. Kaya"),
        ],
        truth(
            sender_name="Dhr. S. Kaya", street="Zuidrand", house_number="101", house_number_addition="hs", postcode="4761 GK",
            city="Zevenbergen", stamped_on="2026-11-12", written_on="2026-11-11", signed_by="S. Kaya",
            subject="reactie op brief 7K3M-9QXA-D", **TO_US,
        ),
    ),
    Letter(
        "bsn",
        [
            Put(110, 60, "Mevrouw T. Willems\nLangeweg 7\n4771 PA Langeweg"),
            Put(110, 170, WINDOW),
            Put(110, 270, "Langeweg, 1 november 2026"),
            Put(110, 300, "Betreft: aanvraag bijzondere bijstand\nBSN: 123456782"),
            Put(110, 360, f"Geachte heer, mevrouw,\n\nMijn burgerservicenummer is 1234.56.782 en dat van mijn man 999990342.\n{BODY}"),
            Put(110, 590, "Met vriendelijke groet,\n\n\nT. Willems"),
        ],
        truth(
            sender_name="Mevrouw T. Willems", street="Langeweg", house_number="7", postcode="4771 PA", city="Langeweg",
            written_on="2026-11-01", subject="aanvraag bijzondere bijstand", signed_by="T. Willems", **TO_US,
        ),
    ),
    Letter(
        "council_letter",
        [
            Put(110, 60, "Wijkvereniging De Haven\np/a Havenzijde 9\n4761 DA Zevenbergen"),
            Put(110, 165, "Aan de leden van de raad van de gemeente Zevenbergen\nt.a.v. de griffie\nPostbus 10\n4760 AA Zevenbergen"),
            Put(110, 270, "Zevenbergen, zondag 8 november 2026"),
            Put(110, 300, "Onderwerp: zienswijze bestemmingsplan Havengebied en verzoek om uitstel\n                  "),
            Put(110, 350, f"Geachte leden van de raad,\n\n{BODY}"),
            Put(110, 550, "Namens het bestuur,\nHoogachtend,\n\n\nC. Verhoeven\nvoorzitter"),
        ],
        truth(
            sender_name="Wijkvereniging De Haven", postcode="4761 DA", city="Zevenbergen", house_number="9",
            written_on="2026-11-08", subject="zienswijze bestemmingsplan Havengebied en verzoek om uitstel",
            signed_by="C. Verhoeven", addressee="de griffie", addressee_kind="council", street="p/a Havenzijde",
        ),
    ),
    Letter(
        "po_box_sender",
        [
            Put(640, 45, "Waterschap Brabantse Oever\nPostbus 5520\n4801 DZ Breda\nTel.: 076-564 10 00"),
            Put(110, 170, WINDOW),
            Put(110, 280, "Datum||2 november 2026\nKenmerk||WBO.26.11873\nOnderwerp||Onderhoud duiker Noordpolder"),
            Put(110, 370, f"Geacht college,\n\n{BODY}"),
            Put(110, 580, "Met vriendelijke groet,\n\n\ning. R. Oomen\nbeheerder"),
        ],
        truth(
            sender_name="Waterschap Brabantse Oever", po_box="5520", postcode="4801 DZ", city="Breda", phone="+31765641000",
            written_on="2026-11-02", reference="WBO.26.11873", subject="Onderhoud duiker Noordpolder",
            signed_by="ing. R. Oomen", **TO_US,
        ),
    ),
    Letter(
        "short_year",
        [
            Put(110, 60, "A. van 't Hof\nKlundertseweg 15 a\n4791 SC Klundert"),
            Put(110, 170, WINDOW),
            Put(110, 260, "3 nov. '26"),
            Put(110, 300, f"Beste gemeente,\n\n{BODY}"),
            Put(110, 480, "Vriendelijke groet,\n\nA. van 't Hof\n0168-401234"),
        ],
        truth(
            sender_name="A. van 't Hof", street="Klundertseweg", house_number="15", house_number_addition="a",
            postcode="4791 SC", city="Klundert", written_on="2026-11-03", phone="+31168401234", signed_by="A. van 't Hof",
            **TO_US,
        ),
    ),
    Letter(
        "s_hertogenbosch",
        [
            Put(620, 50, "Accountants Van Loon & Zn.\nHinthamerstraat 230\n5211 MZ 's-Hertogenbosch\nKvK-nummer: 16234567\nIBAN: NL44RABO0123456789"),
            Put(110, 170, "Gemeente Zevenbergen\nT.a.v. de heer M. Pieters\nPostbus 10\n4760 AA Zevenbergen"),
            Put(110, 280, "'s-Hertogenbosch, 4 november 2026"),
            Put(110, 310, "Ons kenmerk: VL/2026/778\nBetreft: jaarrekening subsidie 2025"),
            Put(110, 360, f"Geachte heer Pieters,\n\n{BODY}"),
            Put(110, 560, "Met vriendelijke groet,\n\n\ndrs. W. van Loon RA"),
        ],
        truth(
            sender_name="Accountants Van Loon & Zn.", street="Hinthamerstraat", house_number="230", postcode="5211 MZ",
            city="'s-Hertogenbosch", kvk="16234567", iban="NL44RABO0123456789", written_on="2026-11-04",
            their_reference="VL/2026/778", subject="jaarrekening subsidie 2025", signed_by="drs. W. van Loon RA",
            addressee="de heer M. Pieters", addressee_kind="person",
        ),
    ),
    Letter(
        "no_address",
        [
            Put(110, 80, WINDOW),
            Put(110, 200, f"L.S.,\n\n{BODY}"),
            Put(110, 400, "Hoogachtend,\n\n\nG. Schouten\ng.schouten@post.example"),
        ],
        truth(sender_name="G. Schouten", signed_by="G. Schouten", email="g.schouten@post.example", **TO_US),
    ),
    Letter(
        "foot_without_bars",
        [
            Put(110, 40, "Tuincentrum Het Groene Hart", 1.5),
            Put(110, 165, WINDOW),
            Put(110, 270, "Zevenbergen, 7 november 2026\nReferentie: TGH-2026-19"),
            Put(110, 330, f"Geachte heer/mevrouw,\n\n{BODY}"),
            Put(110, 520, "Met vriendelijke groet,\n\n\nB. Hermans"),
            Put(60, 950, "Tuincentrum Het Groene Hart, Driehoefijzersstraat 30, 4761 RL Zevenbergen"),
            Put(60, 970, "KvK West-Brabant 20111222 - Bank NL70TRIO0123456789"),
        ],
        truth(
            sender_name="Tuincentrum Het Groene Hart", street="Driehoefijzersstraat", house_number="30", postcode="4761 RL",
            city="Zevenbergen", written_on="2026-11-07", reference="TGH-2026-19", kvk="20111222", iban="NL70TRIO0123456789", signed_by="B. Hermans", **TO_US,
        ),
    ),
    Letter(
        "reply_with_code",
        [
            Put(110, 60, "Familie Van Oosterhout\nPrins Bernhardstraat 112\n4761 CV Zevenbergen\n0168 33 22 11"),
            Put(110, 190, "Aan: Gemeente Zevenbergen\nPostbus 10\n4760 AA Zevenbergen"),
            Put(110, 270, "Datum: 5 november 2026\nUw kenmerk: 3JZ9-J6GM-B"),
            Put(110, 330, f"Geachte heer of mevrouw,\n\n{BODY}"),
            Put(110, 520, "Met vriendelijke groet,\n\nFamilie Van Oosterhout"),
        ],
        truth(
            sender_name="Familie Van Oosterhout", street="Prins Bernhardstraat", house_number="112", postcode="4761 CV",
            city="Zevenbergen", phone="+31168332211", written_on="2026-11-05", signed_by="Familie Van Oosterhout",
            known_reference="3JZ9-J6GM-B", **TO_US,
        ),
    ),
    Letter(
        "two_pages",
        [
            Put(110, 60, "Dr. N. Haddad\nSchoolstraat 2\n4793 BK Fijnaart"),
            Put(110, 170, WINDOW),
            Put(110, 270, "Fijnaart, 30 oktober 2026"),
            Put(110, 310, "Betreft: klacht over afhandeling melding"),
            Put(110, 350, f"Geacht college,\n\n{BODY}\n\n{BODY}"),
            Put(110, 80, BODY, page=2),
            Put(110, 250, "Hoogachtend,\n\n\nDr. N. Haddad", page=2),
        ],
        truth(
            sender_name="Dr. N. Haddad", street="Schoolstraat", house_number="2", postcode="4793 BK", city="Fijnaart",
            written_on="2026-10-30", subject="klacht over afhandeling melding", signed_by="Dr. N. Haddad", **TO_US,
        ),
    ),
    Letter(
        "other_municipality",
        [
            Put(620, 50, "Gemeente Moerland\nRaadhuisplein 1\n4797 DE Willemstad\nTelefoon 14 0168"),
            Put(110, 170, "Gemeente Zevenbergen\nafdeling Ruimte\nPostbus 10\n4760 AA Zevenbergen"),
            Put(110, 270, "Datum: 6 november 2026\nOns kenmerk: 1090221\nOnderwerp: overdracht dossier"),
            Put(110, 340, f"Geachte collega,\n\n{BODY}"),
            Put(110, 530, "Met vriendelijke groet,\n\n\nI. de Koning"),
        ],
        truth(
            sender_name="Gemeente Moerland", street="Raadhuisplein", house_number="1", postcode="4797 DE", city="Willemstad",
            written_on="2026-11-06", their_reference="1090221", subject="overdracht dossier", signed_by="I. de Koning", **TO_US,
        ),
    ),
    Letter(
        "stamp_in_two_lines",
        [
            Put(650, 180, "ONTVANGEN\n11 NOV. 2026"),
            Put(110, 60, "B. Maas\nMolenstraat 66\n4761 CM Zevenbergen"),
            Put(110, 170, WINDOW),
            Put(110, 270, "Zevenbergen, 9 november 2026"),
            Put(110, 300, "Onderwerp: snoeien van de bomen aan de\n                   \n"),
            Put(110, 340, f"Beste heer De Graaf,\n\n{BODY}"),
            Put(110, 530, "Met vriendelijke groet,\n\nB. Maas\nb.maas@post.example"),
        ],
        truth(
            sender_name="B. Maas", street="Molenstraat", house_number="66", postcode="4761 CM", city="Zevenbergen",
            stamped_on="2026-11-11", written_on="2026-11-09", subject="snoeien van de bomen aan de", signed_by="B. Maas",
            email="b.maas@post.example", **TO_US,
        ),
    ),
    Letter(
        "insurer",
        [
            Put(110, 45, "Rivierenland Verzekeringen N.V., Postbus 4000, 6800 DE Arnhem", 0.8),
            Put(110, 165, "Gemeente Zevenbergen\nt.a.v. team Juridische Zaken\nPostbus 10\n4760 AA ZEVENBERGEN"),
            Put(110, 280, "Arnhem, 4 november 2026"),
            Put(110, 310, "Dossiernummer: 2026.11.5521\nBetreft: aansprakelijkstelling schade Noordhaven"),
            Put(110, 360, f"Geachte heer/mevrouw,\n\n{BODY}"),
            Put(110, 560, "Met vriendelijke groet,\n\n\nE. van Rijn\nTelefoon 026-3551234"),
        ],
        truth(
            sender_name="Rivierenland Verzekeringen N.V.", po_box="4000", postcode="6800 DE", city="Arnhem",
            written_on="2026-11-04", reference="2026.11.5521", subject="aansprakelijkstelling schade Noordhaven",
            signed_by="E. van Rijn", phone="+31263551234", addressee="team Juridische Zaken", addressee_kind="organisation",
        ),
    ),
    Letter(
        "wrong_checks",
        [
            Put(620, 50, "Klusbedrijf Handig\nAmbachtsweg 3\n4762 SS Zevenbergen\nKvK 2012345\nIBAN NL91 ABNA 0417 1643 01\nTel: 0168-12345\ninfo @ handig.example"),
            Put(110, 170, WINDOW),
            Put(110, 270, "Datum: 31 november 2026"),
            Put(110, 330, f"Geachte heer,\n\n{BODY}"),
            Put(110, 520, "Met vriendelijke groet,\n\n\nK. Handig"),
        ],
        truth(
            sender_name="Klusbedrijf Handig", street="Ambachtsweg", house_number="3", city="Zevenbergen", signed_by="K. Handig",
            **TO_US,
        ),
    ),
    Letter(
        "about_another_address",
        [
            Put(110, 60, "R. Aydin\nLage Dijk 200-12\n4761 ZA Zevenbergen"),
            Put(110, 170, WINDOW),
            Put(110, 270, "Zevenbergen, 10 november 2026"),
            Put(110, 300, "Betreft: WOZ-beschikking 2026"),
            Put(110, 340, f"Geachte heer, mevrouw,\n\nHet gaat om het pand\nNieuwstraat 8\n4761 XX Zevenbergen\nDaar woont mijn moeder.\n{BODY}"),
            Put(110, 590, "Met vriendelijke groet,\n\n\nR. Aydin\n06 87654321"),
        ],
        truth(
            sender_name="R. Aydin", street="Lage Dijk", house_number="200", house_number_addition="12", postcode="4761 ZA",
            city="Zevenbergen", written_on="2026-11-10", subject="WOZ-beschikking 2026", signed_by="R. Aydin",
            phone="+31687654321", **TO_US,
        ),
    ),
    Letter(
        "notary_head_in_the_middle",
        [
            Put(350, 30, "NOTARISKANTOOR BERGSMA & PARTNERS"),
            Put(330, 50, "Kerkplein 9 - 4797 BA Willemstad - tel. 0168 47 22 33"),
            Put(110, 170, "De gemeente Zevenbergen\nAfdeling Burgerzaken\nt.a.v. mevrouw drs. L.M. Hofman\nPostbus 10\n4760 AA Zevenbergen"),
            Put(110, 290, "Willemstad, 2 november 2026\n\nonze ref.: 2026.003441.01/MB\nuw ref.: Z-2026-0912"),
            Put(110, 360, "betreft: verklaring van erfrecht"),
            Put(110, 420, f"Geachte mevrouw Hofman,\n\n{BODY}"),
            Put(110, 600, "Met vriendelijke groet,\nnamens Notariskantoor Bergsma & Partners\n\n\nmr. M. Bergsma\nnotaris"),
        ],
        truth(
            sender_name="NOTARISKANTOOR BERGSMA & PARTNERS", street="Kerkplein", house_number="9", postcode="4797 BA",
            city="Willemstad", phone="+31168472233", written_on="2026-11-02", their_reference="2026.003441.01/MB",
            our_reference="Z-2026-0912", subject="verklaring van erfrecht", signed_by="mr. M. Bergsma",
            addressee="mevrouw drs. L.M. Hofman", addressee_kind="person",
        ),
    ),
    Letter(
        "school",
        [
            Put(110, 45, "Basisschool De Regenboog\nZandberglaan 3\n4765 BC Zevenbergschen Hoek\n(0168) 45 26 78\ndirectie@regenboog.example"),
            Put(110, 180, "College van B&W van Zevenbergen\nT.a.v. wethouder A. Kamp\nPostbus 10\n4760 AA ZEVENBERGEN"),
            Put(110, 290, "Zevenbergschen Hoek, donderdag 5 november 2026\n\nOnderwerp : verkeersveiligheid rond de school"),
            Put(110, 360, f"Geachte heer Kamp,\n\n{BODY}"),
            Put(110, 540, "Met vriendelijke groet,\n\n\nIngrid Vermeulen\ndirecteur"),
        ],
        truth(
            sender_name="Basisschool De Regenboog", street="Zandberglaan", house_number="3", postcode="4765 BC",
            city="Zevenbergschen Hoek", phone="+31168452678", email="directie@regenboog.example", written_on="2026-11-05",
            subject="verkeersveiligheid rond de school", signed_by="Ingrid Vermeulen", addressee="wethouder A. Kamp",
            addressee_kind="person",
        ),
    ),
    Letter(
        "two_addresses_and_a_table",
        [
            Put(650, 40, "Nexora Netbeheer B.V."),
            Put(650, 70, "Postadres\nPostbus 856\n5201 AW 's-Hertogenbosch\n\nBezoekadres\nMagistratenlaan 116\n5223 MB 's-Hertogenbosch\n\nTelefoon 088 857 12 34\nKvK 17131000"),
            Put(110, 170, "Gemeente Zevenbergen\nDe heer P. Janssens\nPostbus 10\n4760 AA  ZEVENBERGEN"),
            Put(110, 290, "Datum\n9 november 2026"),
            Put(330, 290, "Onze referentie\nNXR-778120"),
            Put(550, 290, "Uw referentie\n2026-55871"),
            Put(110, 340, "Onderwerp\nVerzwaren aansluiting Huizersdijk 12"),
            Put(110, 400, f"Geachte heer Janssens,\n\n{BODY}"),
            Put(110, 600, "Met vriendelijke groet,\n\n\nS. Achterberg\nRelatiemanager Overheden"),
        ],
        truth(
            sender_name="Nexora Netbeheer B.V.", po_box="856", postcode="5201 AW", city="'s-Hertogenbosch",
            phone="+31888571234", kvk="17131000", written_on="2026-11-09", their_reference="NXR-778120",
            our_reference="2026-55871", subject="Verzwaren aansluiting Huizersdijk 12", signed_by="S. Achterberg",
            addressee="De heer P. Janssens", addressee_kind="person",
        ),
    ),
    Letter(
        "petition",
        [
            Put(110, 60, "Aan het college van burgemeester en wethouders van Zevenbergen"),
            Put(110, 90, "Betreft: petitie behoud speeltuin"),
            Put(110, 130, f"Geacht college,\n\n{BODY}"),
            Put(110, 320, "Namens de bewoners van de Lindelaan,\n\nM. en T. Kuipers, Lindelaan 14, 4761 KN Zevenbergen"),
        ],
        truth(
            sender_name="M. en T. Kuipers", street="Lindelaan", house_number="14", postcode="4761 KN", city="Zevenbergen",
            subject="petitie behoud speeltuin", addressee="het college van burgemeester en wethouders van Zevenbergen",
            addressee_kind="organisation",
        ),
    ),
    Letter(
        "german",
        [
            Put(110, 50, "Hans Müller\nHauptstraße 12\n47533 Kleve"),
            Put(110, 170, "Gemeente Zevenbergen\nPostbus 10\n4760 AA Zevenbergen\nNiederlande"),
            Put(600, 250, "Kleve, den 3. November 2026"),
            Put(110, 290, "Betreff: Parkschein"),
            Put(110, 330, "Sehr geehrte Damen und Herren,\n\nich habe am 12. Oktober einen Strafzettel bekommen und weiß nicht warum."),
            Put(110, 420, "Mit freundlichen Grüßen\n\n\nHans Müller"),
        ],
        truth(
            sender_name="Hans Müller", written_on="2026-11-03", subject="Parkschein", signed_by="Hans Müller", **TO_US,
        ),
    ),
]  # fmt: skip
"""Where a truth names no value for a field that stands there, the letter gives a wrong one."""
