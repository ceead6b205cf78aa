//! Finnish.

use aitta_model::ErrorCode as E;

use super::{Failures, Way};

pub(in crate::texts) const FI: Failures = Failures {
    said: |code| match code {
        E::ConfigInvalid => {
            ("Jokin annettu tieto tai asetus ei kelpaa.", "Korjaa alla mainittu kohta ja yritä uudelleen.")
        }
        E::Unsupported => (
            "Aitta ei pysty tähän täällä.",
            "Tämäntyyppinen tietokanta tai tallennuspaikka, tai tämä versio, ei salli sitä.",
        ),
        E::KeyMissing => (
            "Salausavain ei ole käytettävissä.",
            "Varmuuskopiot on lukittu sillä. Jos sinulla on sen palautussivu, tuo avain siltä.",
        ),
        E::KeychainUnavailable => (
            "Avainnippua ei voi käyttää.",
            "Se voi olla lukossa, tai sen palvelu ei ole käynnissä. Avaa lukitus ja yritä uudelleen.",
        ),
        E::KeyInvalid => (
            "Tätä avainta ei voi käyttää.",
            "Se on vajaa tai väärin kirjoitettu, tai sen tila ei salli tätä. Vertaa sitä palautussivuun.",
        ),
        E::KeyWrong => (
            "Avain ei sovi.",
            "Varmuuskopio tai tapahtumaloki on tehty toisella avaimella. Tuo se palautussivulta tai aseta se ympäristömuuttujaan.",
        ),
        E::KeyInUse => (
            "Avainta tarvitaan vielä.",
            "Varmuuskopiot tarvitsevat sitä, tai vaihto on kesken. Vie vaihto loppuun tai odota, kunnes ne on poistettu.",
        ),
        E::KitUnconfirmed => (
            "Ryhmät eivät täsmää palautussivuun.",
            "Lue ne kopiostasi uudelleen merkki kerrallaan. Jos kopiota ei ole, hylkää tämä avain ja luo uusi.",
        ),
        E::MfaRequired => (
            "Tähän tarvitaan vahvistuskoodi.",
            "Anna koodi tunnistussovelluksestasi. Ellei tunnistusta ole vielä otettu käyttöön, tee se ensin.",
        ),
        E::MfaWrong => (
            "Koodi ei kelpaa.",
            "Jokainen koodi toimii kerran: odota seuraavaa. Ellei sekään kelpaa, tarkista puhelimen ja tietokoneen kellot.",
        ),
        E::MfaLocked => (
            "Koodeja ei hyväksytä vähään aikaan.",
            "Vääriä koodeja annettiin liian monta. Odota alla mainittuun aikaan ja yritä sitten uudelleen.",
        ),
        E::MfaUnavailable => (
            "Kaksivaiheista tunnistusta ei voi tarkistaa.",
            "Salaisuutta ei voi lukea, tai se on vaihdettu. Suojatut toiminnot on estetty, kunnes vika on korjattu.",
        ),
        E::ReasonMissing => ("Syy puuttuu.", "Valitse, miksi teet tämän. Syy kirjataan tapahtumalokiin."),
        E::NotifyFailed => (
            "Ilmoitus ei mennyt perille.",
            "Tarkista kanavan osoite ja se, vastaako vastaanottaja. Aitta yrittää uudelleen, ellei vastaanottaja torjunut ilmoitusta pysyvästi.",
        ),
        E::PruneHeldBack => (
            "Vanhoja varmuuskopioita ei poistettu.",
            "Ne väistyisivät säilytyssääntöjen mukaan, mutta jokin estää sen. Mitään ei ole poistettu.",
        ),
        E::BackupOverdue => (
            "Varmuuskopio on myöhässä.",
            "Uusin tarkistettu varmuuskopio on vanhempi kuin ajastus sallii. Katso viimeisimmät ajot ja ota sitten varmuuskopio.",
        ),
        E::TableLoss => (
            "Rivejä on kadonnut.",
            "Taulussa on paljon vähemmän rivejä kuin edellisessä varmuuskopiossa. Vertaa niitä ja palauta taulu, tai kerro, että muutos oli tarkoitus.",
        ),
        E::SizeAnomaly => {
            ("Varmuuskopion koko on poikkeava.", "Sen sivulla näkyy, mitkä taulut kasvoivat tai kutistuivat.")
        }
        E::StorageAlarm => (
            "Tallennustila on täyttymässä.",
            "Vapauta tilaa tai säilytä vähemmän vanhoja varmuuskopioita. Varmuuskopiointi epäonnistuu, kun tila loppuu.",
        ),
        E::KeyDue => ("Avain on vaihdettava.", "Vaihda se ohjatusti ja talleta uusi palautuspaketti."),
        E::ScheduleForsaken => (
            "Kukaan ei huolehdi ajastuksesta.",
            "Pidä tämä ikkuna auki, aja agenttia palveluna tai käynnistä ajastus cronilla.",
        ),
        E::HookFailed => (
            "Liitetty ohjelma epäonnistui.",
            "Ennen toimintoa tai sen jälkeen ajettava ohjelma epäonnistui tai kesti liian kauan. Sen tuloste on ajon lokissa; tarkista ohjelma ja sen tiedoston oikeudet.",
        ),
        E::AuditFailed => (
            "Tapahtumalokiin ei voi luottaa.",
            "Sitä ei voi kirjoittaa, tai sitä on muutettu. Suojatut toiminnot on estetty, kunnes loki on kunnossa.",
        ),
        E::ArchiveNotFound => (
            "Tätä varmuuskopiota ei ole.",
            "Se on poistettu tai siirretty, tai pyydettyä aikaa vanhempaa ei ole. Luettelossa ovat ne, jotka ovat tallessa.",
        ),
        E::ArchiveTruncated => (
            "Varmuuskopio on vajaa.",
            "Sen tiedosto päättyy liian aikaisin. Käytä toista varmuuskopiota ja tarkista se ensin.",
        ),
        E::ArchiveDamaged => (
            "Varmuuskopio on vioittunut.",
            "Sen tiedosto ei ole sellaisena kuin se kirjoitettiin. Käytä toista varmuuskopiota ja tarkista se ensin.",
        ),
        E::ArchiveNewer => (
            "Varmuuskopio on Aitan uudemmasta versiosta.",
            "Asenna se versio tälle tietokoneelle ja yritä uudelleen.",
        ),
        E::ArchiveForeign => (
            "Tiedosto ei ole Aitan varmuuskopio.",
            "Sen alku on vioittunut, tai jollakin muulla on sen nimi. Käytä toista varmuuskopiota.",
        ),
        E::StoreMissing => {
            ("Tallennuspaikkaa ei löydy.", "Onko sen levy liitetty? Tarkista se sekä asetettu paikka.")
        }
        E::StoreDenied => (
            "Tallennuspaikka estää pääsyn.",
            "Aitalla ei ole siellä luku- tai kirjoitusoikeutta. Pyydä oikeudet ja yritä uudelleen.",
        ),
        E::StoreFull => (
            "Tallennuspaikka on täynnä.",
            "Vapauta tilaa tai valitse suurempi tallennuspaikka ja yritä uudelleen.",
        ),
        E::StoreUnreachable => {
            ("Tallennuspaikka ei vastaa.", "Tarkista verkko ja tallennuspaikan osoite ja yritä uudelleen.")
        }
        E::StoreCredentials => (
            "Tallennuspaikka ei hyväksy tunnuksia.",
            "Ne puuttuvat, ovat väärät tai ovat vanhentuneet. Anna ne uudelleen tai luo palveluntarjoajalla uudet.",
        ),
        E::StoreClock => (
            "Tämän koneen ja tallennuspaikan kellot eroavat liikaa.",
            "Tallennuspaikka hylkää silloin pyynnöt. Aseta kello, mieluiten automaattisesti, ja yritä uudelleen.",
        ),
        E::StoreRegion => (
            "Tallennuspaikan alue ei täsmää.",
            "Se on muulla alueella kuin on asetettu tai sallittu. Tarkista alue.",
        ),
        E::StoreLocked => (
            "Tallennuspaikka suojaa tätä vielä.",
            "Sitä voi muuttaa tai sen voi poistaa, kun säilytysaika tai oikeudellinen säilytysvaatimus on päättynyt.",
        ),
        E::StoreFailed => (
            "Tallennuspaikka ilmoitti virheestä.",
            "Yritä uudelleen. Jos virhe toistuu, tarkista tallennuspaikka ja yhteys sen ja tämän koneen välillä.",
        ),
        E::SourceUnreachable => (
            "Tietokantaan ei saada yhteyttä.",
            "Onko se käynnissä tai sen tiedosto paikallaan? Tarkista se sekä asetettu osoite.",
        ),
        E::SourceAuth => (
            "Tietokanta hylkää kirjautumisen.",
            "Käyttäjä tai salasana puuttuu, on väärä tai ei ole sallittu tältä koneelta. Anna ne uudelleen.",
        ),
        E::SourceDenied => (
            "Oikeus tietokantaan puuttuu.",
            "Pyydä se käyttäjälle, jolla Aitta ottaa yhteyden, tai käytä toista käyttäjää.",
        ),
        E::SourceLost => ("Yhteys tietokantaan katkesi.", "Tarkista palvelin ja verkko ja yritä uudelleen."),
        E::SourceUnfit => (
            "Tietokantaa ei voi käyttää sellaisena kuin se nyt on.",
            "Se muuttui kesken kaiken, tai siinä on jotakin, mitä Aitta ei osaa käsitellä. Yritä uudelleen muutosajon jälkeen.",
        ),
        E::SourceFailed => (
            "Tietokanta ilmoitti virheestä.",
            "Yritä uudelleen. Jos virhe toistuu, palvelimen lokissa on lisätietoja.",
        ),
        E::LockTimeout => (
            "Joku muu käyttää tietokantaa.",
            "Toinen istunto tai ohjelma pitää tarvittavaa lukittuna. Odota, että se on valmis, tai lopeta se ja yritä uudelleen.",
        ),
        E::ToolMissing => (
            "PostgreSQL:n asiakasohjelmat puuttuvat tai ovat liian vanhoja.",
            "Asenna tälle koneelle pg_dump ja pg_restore palvelimen versiona tai uudempana.",
        ),
        E::ToolFailed => (
            "PostgreSQL:n asiakasohjelma epäonnistui.",
            "Ohjelmien pg_dump ja pg_restore pitää sopia palvelimeen. Yritä uudelleen; ohjelman viesti on tiedoissa.",
        ),
        E::TableUnknown => (
            "Taulua ei ole.",
            "Minkään taulun nimi ei ole tämä. Tarkista nimet tai valitse taulut luettelosta.",
        ),
        E::TableAmbiguous => (
            "Taulun nimi ei ole yksiselitteinen.",
            "Monessa skeemassa on samanniminen taulu. Anna nimi skeeman kanssa.",
        ),
        E::RunInProgress => {
            ("Toinen ajo on käynnissä.", "Odota, että se on päättynyt, tai pysäytä se ja yritä uudelleen.")
        }
        E::TargetNotEmpty => (
            "Kohteessa on jo jotakin.",
            "Sitä ei korvattu. Valitse kohde, joka on tyhjä tai jota ei vielä ole.",
        ),
        E::TargetIncompatible => (
            "Kohde ei sovi tälle varmuuskopiolle.",
            "Korjaa kohteesta alla mainittu tai valitse toinen kohde.",
        ),
        E::CodeUntrusted => (
            "Varmuuskopion koodi voisi toimia laajoin oikeuksin.",
            "Sen funktiot ja triggerit voivat olla muiden kirjoittamia. Salli se vain, jos luotat heihin.",
        ),
        E::ForeignKeys => (
            "Taulujen väliset viittaukset rikkoutuisivat.",
            "Rivit viittaisivat riveihin, joita ei ole. Valitse myös niihin liittyvät taulut tai palauta nykyisten rinnalle.",
        ),
        E::ProofFailed => (
            "Lopputarkistus epäonnistui.",
            "Kirjoitettu ei ole sama kuin varmuuskopioitu, joten sitä ei lasketa valmiiksi.",
        ),
        E::Cancelled => ("Ajo pysäytettiin.", "Käynnistä se uudelleen, kun haluat."),
        E::Interrupted => (
            "Ajo keskeytyi.",
            "Ohjelma tai tietokone pysähtyi, ennen kuin ajo oli valmis. Käynnistä ajo uudelleen.",
        ),
        E::CatalogFailed => (
            "Aitan omia tietoja ei voi käyttää.",
            "Niiden kansiota ei voi lukea tai kirjoittaa, tai ne on tehnyt uudempi versio. Tarkista oikeudet ja vapaa tila.",
        ),
        E::System => (
            "Jokin epäonnistui tällä tietokoneella.",
            "Yritä uudelleen. Jos virhe toistuu, tarkista levy, muisti ja kansioiden oikeudet.",
        ),
    },
    way: |way| match way {
        Way::Settings => "Avaa asetukset",
        Way::Keys => "Avaa avaimet",
        Way::SecondFactor => "Avaa kaksivaiheinen tunnistus",
        Way::Backups => "Näytä varmuuskopiot",
        Way::Runs => "Näytä ajot",
        Way::Audit => "Avaa tapahtumat",
    },
    details: "Tiedot",
    copy: "Kopioi tiedot",
    statement: "Tietokannan pääkäyttäjän ajettavaksi:",
    copy_statement: "Kopioi lause",
};
