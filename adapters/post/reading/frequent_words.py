"""The most frequent words of letters to a municipality: enough to tell text from rubbish where no list is installed."""

from __future__ import annotations

_DUTCH = """
    aan aangevraagd aanslag aanvraag aanvragen achter adres afdeling afspraak afval al alle alles als ambtenaar
    antwoord antwoorden april artikel augustus auto bedankt bedrag belang belangen belasting ben bent bericht beroep
    besluit besluiten beste betaald betalen betaling betreft bewijs bewoners bezwaar bezwaarschrift bij bijlage
    bijlagen binnen binnenkort bomen boom bouw bouwen boven brief buiten burgemeester buurt college contact
    container daar daarom dag dagen dan dank dat datum de december deed derde deze die dinsdag dit doen doet
    donderdag door dossier echter een eerste eigenaar en er erg euro februari fiets gaan gaat gaf geachte
    geboortedatum geboren gedaan geeft geen gegeven gegevens gekregen geluid gemaakt gemeente geschreven gesprek
    gestuurd geven gevraagd geweest geworden gezien ging gisteren goed goede graag groet groeten groot grote haar
    had hadden handtekening heb hebben hebt heeft heel heer hem het hier hierbij hiermee hij hoe hoogachtend huis
    iemand iets ik in indien informatie ingebrekestelling inwoner inwoners inzage is jaar januari jaren je jij juli
    jullie juni kan kap kenmerk klacht klachten klein kleine komen komt kon konden kosten kreeg krijgen krijgt
    kunnen kwam laan laat laatste lamp langs lantaarnpaal laten licht lid maakt maakte maand maandag maanden maar
    maart mag maken mede meer meest mei melden melding men meneer mening met mevrouw mijn minder moet moeten mogen
    morgen naam naar naast namens niemand niet niets nieuw nieuwe nog november nummer of oktober om omdat onder
    onderwerp ons ontvangen ontvangt onze ook op oud oude over overlast parkeerplaats parkeren paspoort perceel
    persoonlijk persoonsgegevens plaats plein post postbus postcode probleem problemen raad reactie recht rechtbank
    rechten reden reeds rekening rijbewijs riool rond schade schrijft schrijven september sinds situatie staan staat
    stoep stond straat sturen stuur subsidie te tegen telefoon termijn tevens tijdens toegang tot tussen tweede u
    uit uitkering uur uw van vanaf vandaag veel verbouwing verder vergunning verkeer verklaring vertrouwelijk
    verwijderen verzoek verzoeken verzoekt volgens voor vraag vraagt vragen vriendelijke vrijdag waar waarom wanneer
    waren was wat water we week weet weg wegens weinig weken wel welke werd werden wet weten wethouders wie wij wil
    willen wilt woensdag wonen woning woon worden wordt zaak zag zal zaterdag ze zeer zich zien ziet zij zijn zodat
    zondag zonder zou zouden zullen
"""

_ENGLISH = """
    about address after all also amount an and answer any appeal application april are as at attached august be
    because been before between but by can complaint concerning contact could council date day days dear december
    decision department did do does down during each enclosed faithfully february first for forward from had has
    have he hearing her here hereby him his house how however if in inform information into is it its january july
    june kindly know last letter like live living look madam march matter may mayor me might month months more moved
    municipality must my name new no noise not november number objection october of old on one only or other our out
    over parking pay payment permit phone please problem question receive received reference regarding regards reply
    request resident send sent september she should since sincerely sir so some street subject such tax than thank
    thanks that the their them then there therefore these they this those time to under until up us very was waste
    water we week weeks were what when where which who why will with within without would write writing written year
    years you your yours
"""

DUTCH = frozenset(_DUTCH.split())
ENGLISH = frozenset(_ENGLISH.split())
