{% macro say_what_failed(results) %}
    {% if execute %}
        {% set said = [] %}
        {% for result in results | sort(attribute='status', reverse=true) %}
            {#- Of models that fail for one reason, the first says it. -#}
            {% for sentence in failure_sentences(result) if sentence not in said %}
                {% do said.append(sentence) %}
                {% set verdict = 'Warned' if result.status == 'warn' else 'Failed' %}
                {{ log(verdict ~ ' ' ~ result.node.name ~ ': ' ~ printable(sentence), info=true) }}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}


{% macro printable(text) -%}
    {{ return(modules.re.sub('[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]', '?', text)) }}
{%- endmacro %}


{% macro failure_sentences(result) -%}
    {%- if not execute -%}
        {{ return(['']) }}
    {%- endif -%}
    {%- set node = result.node -%}
    {%- if node.resource_type == 'test' and result.status in ('fail', 'warn') -%}
        {%- set rows = run_query(
            'select * from (\n' ~ node.compiled_code ~ '\n) as failures order by all limit 5'
        ) -%}
        {%- set sentences = [] -%}
        {%- if 'message' in rows.column_names -%}
            {%- for row in rows if row['message'] -%}
                {%- do sentences.append(row['message']) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if not sentences -%}
            {{ return([unexplained_sentence(result)]) }}
        {%- endif -%}
        {{ return(sentences if 'source_file' in rows.column_names else sentences[:1]) }}
    {%- elif node.resource_type == 'unit_test' and result.status == 'fail' -%}
        {{ return([
            node.original_file_path ~ ': expected the rows that the unit test names, found'
            ~ ' others; compare them in what dbt shows, and correct the model or the test.'
        ]) }}
    {%- elif result.status == 'error' -%}
        {{ return([error_sentence(result)]) }}
    {%- endif -%}
    {{ return([]) }}
{%- endmacro %}


{% macro unexplained_sentence(result) -%}
    {{ return(
        result.node.original_file_path ~ ': expected no row that ' ~ result.node.name
        ~ ' finds, found ' ~ result.failures ~ '; look at `dbt show --select '
        ~ result.node.name ~ '`.'
    ) }}
{%- endmacro %}


{% macro error_sentence(result) -%}
    {%- set shortage = shortage_sentence(result.message or '') -%}
    {%- if shortage -%}
        {{ return(shortage) }}
    {%- endif -%}
    {#- dbt's own lines first, then those of the database, which may be such a sentence. -#}
    {%- set reasons = [] -%}
    {%- for line in (result.message or '').split('\n')
        if line.strip() and not modules.re.match('[ ]*(Runtime|Database) Error( in |$)', line) -%}
        {%- do reasons.append(modules.re.sub(java_exceptions(), '', line.strip())) -%}
    {%- endfor -%}
    {%- set reason = reasons | first | default('no reason given') -%}
    {%- if 'expected ' in reason and ', found ' in reason -%}
        {{ return(
            result.node.original_file_path ~ ': expected '
            ~ reason.split('expected ', 1)[1]
        ) }}
    {%- endif -%}
    {{ return(
        result.node.original_file_path ~ ': expected it to run, found '
        ~ reason.rstrip('.!') ~ '; correct it and build again.'
    ) }}
{%- endmacro %}


{#- Names of Java's classes before Spark's own words. -#}
{% macro java_exceptions() -%}
    {{ return('(\\[[A-Z_.]+\\] )?[\\w.$]+Exception: |Error running query: ') }}
{%- endmacro %}


{% macro sentence(where, expected, found, remedy) -%}
    concat_ws(
        '',
        {{ text_literal(where ~ ': expected ' ~ expected ~ ', found ') }},
        {{ found }},
        {{ text_literal('; ' ~ remedy ~ '.') }}
    )
{%- endmacro %}


{% macro file_names(dataset) -%}
    {%- set files = "filter (where dataset = '" ~ dataset ~ "')" -%}
    concat(
        coalesce(min(source_file) {{ files }}, '{{ dataset }}'),
        case
            when count(*) {{ files }} > 1
                then concat(' and ', count(*) {{ files }} - 1, ' more')
            else ''
        end
    )
{%- endmacro %}


{% macro table_name(relation) -%}
    {{ return(relation.schema ~ '.' ~ relation.identifier) }}
{%- endmacro %}


{% macro look_at(query) -%}
    {{ return('look at `instacart query -c "' ~ query ~ '"`') }}
{%- endmacro %}


{% macro project_fault(query, relation=none) -%}
    {%- if relation is not none and relation.schema == 'reference' -%}
        {{ return(
            look_at(query) ~ ', and correct seeds/' ~ relation.identifier ~ '.csv'
        ) }}
    {%- endif -%}
    {{ return(
        look_at(query) ~ ', and correct the model, as no raw file should cause that'
    ) }}
{%- endmacro %}


{% macro example(column, relation) -%}
    {%- set text = "coalesce(cast(" ~ column ~ " as string), 'null')" -%}
    {%- if 'customer' in relation.identifier or 'segment' in relation.identifier -%}
    {#- A word of theirs may be a name that shifted into another column. #}
    case
        when {{ matches_whole(text, '[0-9.:+-]*|true|false|null') }} then {{ text }}
        else '(left out: may hold names)'
    end
    {%- else -%}
    {{ text }}
    {%- endif -%}
{%- endmacro %}


{% macro percentage(part, whole) -%}
    {{ rounded('100 * ' ~ ratio(part, whole), 1) }}
{%- endmacro %}
