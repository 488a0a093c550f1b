"""Words for preferences, reasons of absences and states of requests, in the languages of the files."""

from __future__ import annotations

from flux_pipeline.ingest.cells.forms import choice

PREFERENCE = choice(
    {
        "preferred": "prefer,preference,gladly,bevorzugt,gern,gerne,préféré,préférence,preferido,preferente,preferito,"
        "voorkeur,liever,preferowany,föredrar,foretrækkes",
        "available": "yes,y,x,ok,can,1,true,t,free,open,any,any time,anytime,all day,regular,ganztags,verfügbar,ja,"
        "disponible,oui,sí,disponibile,beschikbaar,disponível,sim,dostępny,tak,tillgänglig,tilgængelig",
        "unavailable": "no,n,off,0,false,f,not available,cannot,nicht verfügbar,nein,frei,indisponible,non disponible,"
        "non,no disponible,non disponibile,niet beschikbaar,nee,indisponível,não,niedostępny,nie,ej tillgänglig,nej,"
        "ikke tilgængelig",
    }
)
# Other words, such as "conference" or what a person wrote about their health, are not kept.
REASON = choice(
    {
        "holiday": "holidays,vacation,pto,paid time off,annual leave,paid leave,urlaub,ferien,jahresurlaub,congé,"
        "congés,congés payés,vacances,vacaciones,ferie,vakantie,verlof,férias,urlop,semester,feriefridag",
        "sick": "sick leave,sick day,sick time,illness,ill,medical,medical leave,krank,krankheit,krankmeldung,maladie,"
        "arrêt maladie,enfermedad,baja médica,malattia,ziek,ziekte,doença,baixa médica,choroba,l4,sjuk,sjukdom,syg,"
        "sygdom",
        "other": "personal,unpaid,training",
    },
    default="other",
    otherwise="other",
)
STATUS = choice(
    {
        "approved": "accepted,confirmed,active,taken,booked,granted,yes,y,true,1,genehmigt,bewilligt,bestätigt,"
        "approuvé,accepté,validé,aprobado,aprobada,approvato,goedgekeurd,aprovado,zatwierdzone,godkänd,godkendt",
        "pending": "pending approval,requested,submitted,waiting,new,open,needs review,in review,beantragt,offen,"
        "ausstehend,en attente,pendiente,in attesa,in behandeling,aangevraagd,pendente,oczekujące,väntande,afventer",
        "declined": "denied,rejected,refused,cancelled,canceled,withdrawn,no,n,false,0,abgelehnt,storniert,refusé,"
        "annulé,rechazado,cancelado,rifiutato,annullato,afgewezen,geannuleerd,recusado,odrzucone,avslagen,afvist",
    },
    default="approved",
)
