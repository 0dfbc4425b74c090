"""Identifiers are compared byte by byte on PostgreSQL, whatever language the database was made for."""

from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

IDS = {
    'absence': ('id', 'person_id', 'substitute_id'),
    'access_log': ('id', 'subject_id', 'person_id', 'branch_id'),
    'action_plan': ('id', 'case_id'),
    'aid': ('id',),
    'aid_import': ('id', 'by_id'),
    'aid_obtained': ('id', 'case_id', 'aid_id'),
    'api_token': ('id', 'person_id'),
    'appointment': ('id', 'case_id', 'person_id'),
    'branch': ('id', 'operator_id'),
    'branch_closure': ('id', 'branch_id'),
    'business': ('id',),
    'calendar_feed': ('person_id',),
    'case_file': ('id', 'territory_id', 'referent_id', 'business_id', 'entrepreneur_id', 'quartier_id', 'kept_case_id', 'import_line_id'),
    'case_opening': ('id', 'case_id', 'person_id'),
    'case_search': ('case_id',),
    'commune': ('territory_id',),
    'consent': ('id', 'case_id'),
    'contact': ('id', 'case_id', 'person_id'),
    'convention': ('id', 'territory_id'),
    'coverage': ('id', 'branch_id'),
    'deadline': ('id', 'subject_id', 'territory_id', 'owner_id'),
    'deadline_length': ('territory_id',),
    'diagnostic': ('id', 'territory_id'),
    'directory_correction': ('id', 'line_id', 'by_id'),
    'directory_upload': ('id', 'by_id'),
    'document': ('id', 'case_id'),
    'entrepreneur': ('id',),
    'follow_up_check': ('id', 'case_id'),
    'import_content': ('import_id',),
    'import_file': ('id', 'territory_id', 'by_id'),
    'import_line': ('id', 'import_id', 'case_id'),
    'inbound_mail': ('id', 'link_id', 'case_id'),
    'indicator_snapshot': ('id', 'territory_id'),
    'journal': ('subject_id', 'actor_id'),
    'journal_text': ('subject_id',),
    'mark_fired': ('id', 'deadline_id', 'subject_id'),
    'meeting': ('id', 'case_id'),
    'mentor_profile': ('person_id', 'territory_id'),
    'mentoring_pair': ('id', 'case_id', 'mentor_id'),
    'mentoring_session': ('id', 'case_id'),
    'message': ('id', 'person_id', 'entrepreneur_id', 'case_id', 'subject_id', 'digest_id', 'deadline_id'),
    'need': ('id', 'case_id', 'from_case_id'),
    'note': ('id', 'case_id', 'author_id'),
    'offer': ('id', 'branch_id', 'aid_id'),
    'operator': ('id',),
    'outbox': ('id', 'subject_id'),
    'pending_step': ('id', 'subject_id'),
    'person': ('id',),
    'plan_action': ('id', 'plan_id', 'case_id'),
    'possible_duplicate': ('id', 'case_id', 'other_id', 'dismissed_by'),
    'privacy_act': ('id', 'case_id', 'about_id', 'by_id'),
    'provider_identity': ('person_id',),
    'quartier': ('id', 'territory_id'),
    'referral': ('id', 'case_id', 'branch_id', 'offer_id', 'agent_id', 'proposal_id'),
    'referral_need': ('referral_id', 'need_id'),
    'refused_attempt': ('id', 'subject_id', 'actor_id'),
    'retention_notice': ('id', 'case_id'),
    'retention_rule': ('changed_by',),
    'roadmap': ('id', 'territory_id'),
    'role_grant': ('id', 'person_id', 'territory_id', 'branch_id'),
    'routing_proposal': ('id', 'case_id', 'need_id'),
    'saved_view': ('id', 'person_id'),
    'session': ('id', 'person_id', 'grant_id'),
    'sign_in_request': ('id',),
    'signed_link': ('id', 'person_id', 'entrepreneur_id', 'case_id'),
    'snooze': ('person_id', 'deadline_id'),
    'stay': ('id', 'subject_id'),
    'survey': ('id', 'case_id'),
    'task': ('id', 'case_id', 'territory_id', 'owner_id', 'message_id'),
    'territory': ('id',),
    'territory_review': ('id', 'territory_id'),
    'transition_plan': ('id', 'case_id', 'owner_id', 'branch_id'),
    'webhook': ('id', 'person_id'),
    'webhook_delivery': ('webhook_id', 'subject_id'),
    'webhook_secret': ('webhook_id',),
}


def upgrade() -> None:
    """Make the change; the indexes of these columns are made again, some seconds for 100,000 cases."""
    _compare('C')


def downgrade() -> None:
    """Compare them again as words of the database's language."""
    _compare('default')


def _compare(collation: str) -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    for table, columns in IDS.items():
        changes = ', '.join(f'ALTER COLUMN {one} TYPE text COLLATE "{collation}"' for one in columns)
        op.execute(f'ALTER TABLE {table} {changes}')
